"""Pages about paying suppliers."""
