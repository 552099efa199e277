"""Sports, toys and games."""
