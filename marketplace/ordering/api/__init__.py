"""Requisitions and orders, for programs."""
