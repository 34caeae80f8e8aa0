"""The doors that a council has goods brought to: who keeps them, and what their files say."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final
from uuid import UUID

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from marketplace.core.actors import Role
from marketplace.core.errors import FieldProblem
from marketplace.core.tables.checked import BadCell, BadValue, Column, SheetRow
from marketplace.core.texts import address_fits
from marketplace.ledger.services.code_lists import CodeList, CodeRow
from marketplace.ledger.services.columns import IN_USE, NAME, code_column, plain_facts
from marketplace.ledger.services.files import ListFile
from marketplace.ordering.delivery_points.rules import address_of, postcode_in
from marketplace.ordering.models import DeliveryPoint
from marketplace.organisations.rules import postcode_of

LONGEST_INSTRUCTIONS: Final = 1000
# An address in several columns, as finance systems have them.
_PARTS: Final = ("line_1", "line_2", "line_3", "line_4", "town", "county", "postcode")


def _check(_council_id: UUID, rows: Sequence[CodeRow]) -> Iterator[FieldProblem]:
    for place, row in enumerate(rows):
        address = row.facts.get("address", "")
        if address and not postcode_in(address):
            yield FieldProblem(
                f"rows/{place}/address", _("End it with the postcode, such as SW1A 2AA.")
            )
        if not address_fits(address):
            yield FieldProblem(
                f"rows/{place}/address",
                _("An address has at most 10 lines, each of at most 100 characters."),
            )
        if len(row.facts.get("instructions", "")) > LONGEST_INSTRUCTIONS:
            yield FieldProblem(
                f"rows/{place}/instructions",
                _("It is longer than %(most)d characters.") % {"most": LONGEST_INSTRUCTIONS},
            )


# Those who look after deliveries know the doors; no money hangs on them.
DELIVERY_POINTS: Final = CodeList(
    model=DeliveryPoint,
    noun="delivery-point",
    fields=("name", "address", "instructions"),
    needed=("name", "address"),
    keepers=(Role.BUYER, Role.ADMINISTRATOR),
    check=_check,
)


def _part(name: str, label: Any, *headings: str) -> Column:  # noqa: ANN401  # lazily translated
    return Column(name, label, headings)


def _postcode(text: str) -> str:
    """Return the postcode in a cell, nothing for an empty one.

    Raises: BadValue.
    """
    postcode = postcode_of(text)
    if text and postcode is None:
        raise BadValue(_("This is no UK postcode. Write it like SW1A 2AA."))
    return postcode or ""


COLUMNS: Final = (
    code_column("Delivery point", "Delivery point code", "Site code", "Location code"),
    Column(
        NAME.name, NAME.label, (*NAME.headings, "Site", "Site name", "Location", "Delivery point"
        " name"), is_needed=True,
    ),
    Column(
        "address", gettext_lazy("Address"),
        ("Delivery address", "Full address", "Cyfeiriad"),
        read=lambda text: address_of(text.splitlines()),
    ),
    Column(
        "instructions", gettext_lazy("What the driver must know"),
        ("Instructions", "Delivery instructions", "Notes", "Cyfarwyddiadau"),
    ),
    IN_USE,
)  # fmt: skip
PARTS: Final = (
    _part("line_1", gettext_lazy("Address line 1"), "Address 1", "Street", "Line 1"),
    _part("line_2", gettext_lazy("Address line 2"), "Address 2", "Line 2"),
    _part("line_3", gettext_lazy("Address line 3"), "Address 3", "Line 3"),
    _part("line_4", gettext_lazy("Address line 4"), "Address 4", "Line 4"),
    _part("town", gettext_lazy("Town"), "City", "Post town", "Tref"),
    _part("county", gettext_lazy("County"), "Sir"),
    Column("postcode", gettext_lazy("Postcode"), ("Post code", "Cod post"), read=_postcode),
)


def _facts(
    _council_id: UUID, rows: Sequence[SheetRow], _bad: list[BadCell]
) -> list[tuple[SheetRow, CodeRow]]:
    """Return what the rows of a file say, the parts of an address put together."""
    found: list[tuple[SheetRow, CodeRow]] = []
    for row in rows:
        facts = plain_facts(row.values)
        parts = [str(facts.pop(name)) for name in _PARTS if name in facts]
        if parts:
            whole = str(facts.get("address", ""))
            facts["address"] = address_of([*whole.splitlines(), *parts])
        found.append((row, CodeRow(row.values["code"], facts)))
    return found


# What an address lacks in a file that has it in parts is lacking in the last of them.
FILE: Final = ListFile(
    DELIVERY_POINTS, (*COLUMNS, *PARTS), _facts, stands_in=(("address", "postcode"),)
)
