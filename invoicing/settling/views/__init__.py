"""Pages that decide about invoices."""
