"""What the operations on requisitions and on orders have in common."""
