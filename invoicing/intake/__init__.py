"""Taking invoices in: keeping what arrives, reading it, and recognising whose it is."""
