"""Paying suppliers, for programs: the same services as the pages call."""
