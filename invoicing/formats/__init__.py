"""Electronic invoices: bytes in, one neutral model out, and back. No ORM and no pages."""
