"""Pages about who approves what."""
