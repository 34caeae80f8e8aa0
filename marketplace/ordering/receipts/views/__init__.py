"""Pages of goods coming in."""
