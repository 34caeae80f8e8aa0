"""Money and what it is coded to, for programs."""
