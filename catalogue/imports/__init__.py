"""Price lists: from the bytes that a supplier sends to listings, all rows or none."""
