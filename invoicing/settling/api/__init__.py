"""Deciding about invoices, for programs."""
