"""How far the worker is with a file, told beside the transaction in which it works."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from uuid import UUID

import structlog
from django.db import DatabaseError, connection

from catalogue.imports.report import Progress

log = structlog.get_logger(__name__)

_ACT_FOR = "SELECT set_config('marketplace.organisation', %s, false)"
_TELL = """
    UPDATE catalogue_uploadprogress SET rows_count = %s, read_bytes = %s, size_bytes = %s
    WHERE upload_id = %s
"""


@contextmanager
def told_aside(upload_id: UUID, supplier_id: UUID) -> Iterator[Callable[[Progress], None]]:
    """Give a function that tells how far it is at once, on a connection of its own.

    Why: a file is taken in by one transaction, and until that ends nobody else sees what it writes.
    Shapes: when the telling fails it stops, and the work goes on.
    """
    aside = connection.copy()
    is_telling = True

    def tell(reached: Progress) -> None:
        nonlocal is_telling
        if not is_telling:
            return
        try:
            with aside.cursor() as cursor:
                cursor.execute(_ACT_FOR, [str(supplier_id)])
                cursor.execute(
                    _TELL, [reached.rows, reached.read_bytes, reached.size_bytes, upload_id]
                )
        except DatabaseError:
            is_telling = False
            log.warning("upload.progress_not_told", upload_id=str(upload_id), exc_info=True)

    try:
        yield tell
    finally:
        aside.close()
