"""Keys: time-ordered UUIDs (version 7, RFC 9562), made here: PostgreSQL has none before 18."""

from uuid import UUID

from uuid_utils.compat import uuid7 as _uuid7


def uuid7() -> UUID:
    """Return a new key that sorts after the keys made before it."""
    return _uuid7()
