"""Things about a house and a garden."""
