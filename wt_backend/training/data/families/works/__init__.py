"""Tools, machines and their parts, minerals."""
