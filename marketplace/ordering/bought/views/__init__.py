"""What the pages of requisitions and of orders have in common."""
