"""Apps such as people write, to be served by different servers and compared."""
