"""Offers: what a supplier sells, at which price, and who may see it."""
