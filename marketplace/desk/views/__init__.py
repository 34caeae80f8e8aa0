"""Pages that look across packages."""
