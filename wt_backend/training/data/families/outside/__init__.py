"""Buildings, and what stands in streets and parks."""
