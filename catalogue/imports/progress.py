"""How far the worker is with a file, told beside the transaction in which it works."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from uuid import UUID

import structlog
from django.db import DatabaseError, connection

from catalogue.imports.reading import PriceListFile
from catalogue.imports.report import OnProgress, Progress

# A workbook is unpacked first, which takes the most of its time.
UNPACKING_PERCENT = 80

log = structlog.get_logger(__name__)

_ACT_FOR = "SELECT set_config('marketplace.organisation', %s, false)"
_TELL = """
    UPDATE catalogue_uploadprogress SET rows_count = %s, read_bytes = %s, size_bytes = %s
    WHERE upload_id = %s
"""


def unpacking(on_progress: OnProgress | None) -> Callable[[int, int], None] | None:
    """Return what is told how many of how many rows of a workbook are unpacked."""
    if on_progress is None:
        return None

    def tell(rows: int, extent: int) -> None:
        done = UNPACKING_PERCENT * rows // extent if extent else 0
        on_progress(Progress(rows, done, 100))

    return tell


def comparing(on_progress: OnProgress, file: PriceListFile) -> Callable[[int, int], None]:
    """Return what is told how many rows, and bytes of the text, are checked."""

    def tell(rows: int, read_bytes: int) -> None:
        if not file.sheet:
            on_progress(Progress(rows, read_bytes, file.text_bytes))
            return
        done = (100 - UNPACKING_PERCENT) * read_bytes // max(1, file.text_bytes)
        on_progress(Progress(max(rows, file.unpacked), UNPACKING_PERCENT + done, 100))

    return tell


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
