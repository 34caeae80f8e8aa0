"""Pages about money and what it is coded to."""
