"""Things to eat."""
