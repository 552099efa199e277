"""Things that move people and loads."""
