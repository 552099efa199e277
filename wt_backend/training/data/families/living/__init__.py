"""Living things, and parts of them."""
