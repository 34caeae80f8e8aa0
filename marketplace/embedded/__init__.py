"""The servers of the embedded default: PostgreSQL and Valkey out of wheels. Imports no Django."""
