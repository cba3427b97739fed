"""What a dynamic website is, whatever web framework then sends it."""
