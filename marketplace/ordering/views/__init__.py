"""Pages of baskets, requisitions, approvals and orders."""
