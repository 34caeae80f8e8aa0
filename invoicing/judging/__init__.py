"""What is wrong with an invoice: by the schema, by the official rules, and by ours."""
