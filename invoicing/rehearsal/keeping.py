"""Leaving every document of a story in a folder."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Final

from invoicing.models import LedgerExport
from invoicing.rehearsal.founding import House
from invoicing.rehearsal.telling import StoryEnds
from marketplace.documents.models import Document
from marketplace.ledger.selectors.journals import AccountBalance

_UNSAFE: Final = re.compile(r"[^\w.() -]+")
_LONGEST: Final = 120


@dataclass(frozen=True, slots=True)
class Exported:
    """What goes to other programs: the finance ledger's file, plain text, the trial balance."""

    export: LedgerExport
    plain: bytes
    balances: Sequence[AccountBalance]


def prepare(out: Path) -> int:
    """Make a folder for the documents, see that it can be written to; return what it holds already.

    Raises: StoryEnds when it cannot be written to.
    """
    try:
        out.mkdir(parents=True, exist_ok=True)
        with NamedTemporaryFile(dir=out):
            return sum(1 for _each in out.iterdir()) - 1
    except OSError as error:
        raise StoryEnds(f"{out} cannot be written to: {error.strerror}.") from error


def keep(
    house: House, exported: Exported, out: Path, more: Mapping[str, bytes] | None = None
) -> list[str]:
    """Write every document to a folder, in the order in which they came; return their names.

    Shapes: `more` are files beside the documents, by name. Those of an earlier story with the same
    names are replaced, and whatever else is in the folder stays.
    Raises: StoryEnds when the folder cannot be written to.
    """
    found: dict[object, tuple[str, bytes]] = {}
    for side in (house.selling(), house.acting("finance")):
        with side as who:
            for each in Document.objects.of(who.organisation_id).order_by("stored_at", "id"):
                found[each.pk] = (each.name, bytes(each.content))
    listed = list(found.values())
    listed.append(("journals.hledger", exported.plain))
    listed.append(("trial-balance.csv", _written(exported.balances)))
    listed.extend((more or {}).items())
    names = []
    try:
        out.mkdir(parents=True, exist_ok=True)
        for place, (name, content) in enumerate(listed, start=1):
            safe = f"{place:02d}-{_UNSAFE.sub('_', name)[-_LONGEST:]}"
            (out / safe).write_bytes(content)
            names.append(safe)
    except OSError as error:
        raise StoryEnds(f"{out} cannot be written to: {error.strerror}.") from error
    return names


def _written(balances: Sequence[AccountBalance]) -> bytes:
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(["account", "name", "kind", "debit", "credit", "balance"])
    for each in balances:
        writer.writerow([each.code, each.name, each.kind, each.debit_amount, each.credit_amount,
                         each.net_amount])  # fmt: skip
    return text.getvalue().encode()
