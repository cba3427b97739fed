"""Ways for bytes to travel between a client and the core; each is the core and one I/O library."""
