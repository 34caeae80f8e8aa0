"""Pages of baskets, requisitions and approvals."""
