"""Things that people put on."""
