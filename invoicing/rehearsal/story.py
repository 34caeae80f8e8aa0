"""The whole line, from a supplier's file to the trial balance, told step by step."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import ROUND_CEILING, Decimal
from pathlib import Path
from typing import Final

from django.utils import timezone

from catalogue.imports.services.price_lists import import_catalogue
from catalogue.models import Listing
from invoicing.models import Invoice
from invoicing.rehearsal import buying, deeds, keeping, paying
from invoicing.rehearsal.arrivals import fate_of_file
from invoicing.rehearsal.founding import House, found, set_budget
from invoicing.rehearsal.telling import StoryEnds, Teller, pounds
from invoicing.states import InvoiceStatus
from marketplace.core.errors import Refusal

COUNCIL: Final = "Storybrook Council (invented)"
SUPPLIER: Final = "Storybrook Supplies (invented)"
THOUSAND: Final = Decimal(1000)


@dataclass(frozen=True, slots=True)
class Given:
    """What somebody wants the story to be told with.

    Shapes: `for_all` and `encoding` as import_catalogue takes them; `invoices` are files of other
    people's; `out` is where documents are left, None for nowhere.
    """

    catalogue: Path
    lines: int
    for_all: Mapping[str, str] = field(default_factory=dict)
    encoding: str | None = None
    invoices: Sequence[Path] = ()
    out: Path | None = None


def tell(given: Given, house: House, teller: Teller) -> None:
    """Walk the line, and say at each step what came of it.

    Raises: StoryEnds when it cannot go on; Refusal likewise, by a service.
    """
    listings = _catalogue(given, house, teller)
    bought = buying.buy(house, listings, teller)
    first, billed = buying.bill(house, bought, teller)
    invoices = [*billed, *buying.credit(house, bought, first, teller)]
    if given.invoices:
        _others(given, house, teller)
    paying.pay(house, invoices, teller)
    exported = paying.hand_over(house, teller)
    if given.out:
        kept = keeping.keep(house, exported, given.out)
        teller.say(f"All {len(kept)} documents are in {given.out}.", documents=kept)
    paying.reckon(house, teller)
    paying.close(house, teller)


def begin(teller: Teller, clock: deeds.Clock) -> House:
    """Found the council and the supplier of the story."""
    teller.step("A council and a supplier that are not real")
    house = found(COUNCIL, SUPPLIER, clock=clock)
    teller.say(
        f"{house.council.name} buys from {house.supplier.name}.",
        council=house.council.name,
        supplier=house.supplier.name,
    )
    people = ", ".join(
        f"{person.name} ({', '.join(sorted(person.roles))})" for person in house.people.values()
    )
    teller.say(f"Each duty has somebody of its own: {people}.")
    return house


def _catalogue(given: Given, house: House, teller: Teller) -> list[Listing]:
    """Take in the supplier's file, and choose what is bought of it.

    Raises: StoryEnds when the file cannot be used, in the words of the import.
    """
    teller.step(f"The supplier’s file {given.catalogue.name} is read")
    try:
        stream = given.catalogue.open("rb")
    except OSError as error:
        raise StoryEnds(f"{given.catalogue} cannot be opened: {error.strerror}.") from error
    with stream, house.selling() as seller:
        try:
            report = import_catalogue(
                supplier=seller,
                content=stream,
                name=given.catalogue.name,
                at=house.clock(),
                dry_run=False,
                encoding=given.encoding,
                for_all=given.for_all,
            )
        except Refusal as refusal:
            raise StoryEnds(refusal.detail) from refusal
    teller.say(
        f"{report.rows_count:,} rows, {report.new_count:,} taken, {report.problem_count:,} cells"
        " wrong.",
        rows=report.rows_count,
        taken=report.new_count,
        wrong=report.problem_count,
    )
    if report.refused:
        teller.listed(
            [
                f"Row {each.row}, {each.column_label}, “{each.value}”: {each.reason}"
                f" {each.suggestion}"
                for each in report.worded_problems
            ]
        )
        raise StoryEnds(
            "The whole file was refused, since a price list is taken in whole or not at all."
        )
    for words, names in (
        ("Columns passed over", report.unknown_headings),
        ("Sheets that look like price lists and were not read", report.other_sheets),
    ):
        if names:
            teller.say(f"{words}: {', '.join(names)}.")
    listings = deeds.goods(house, given.lines)
    if not listings:
        raise StoryEnds("There is no row in the file that could be bought.")
    _fund(house, listings, teller)
    return listings


def _fund(house: House, listings: Sequence[Listing], teller: Teller) -> None:
    """Give the council a budget for several times what the story buys."""
    wanted = sum((each.unit_price * deeds.enough_of(each) for each in listings), Decimal(0))
    thousands = max((wanted * 3 / THOUSAND).to_integral_value(ROUND_CEILING), Decimal(25))
    budget = thousands * THOUSAND
    set_budget(house, budget, at=house.clock())
    teller.say(f"The council has {pounds(budget)} to spend on goods.", budget=budget)


def _others(given: Given, house: House, teller: Teller) -> None:
    """Take in files of other people's, and tell what became of each."""
    teller.step("Other people’s e-invoices come in")
    fates = [fate_of_file(house, path) for path in given.invoices]
    for fate in fates:
        teller.say(f"{fate.name} {fate.said}" + ("" if fate.said.endswith(".") else "."))
        teller.listed(fate.why if fate.invoice else [])
    teller.say(
        f"{len(fates)} came: {sum(f.invoice is not None for f in fates)} are kept as invoices.",
        invoices=[fate.document() for fate in fates],
    )
    with house.acting("finance"):
        today = timezone.localdate(house.clock())
        rows = Invoice.objects.of(house.council.pk).filter(
            pk__in=[fate.invoice.pk for fate in fates if fate.invoice], received_at__date=today
        )
        free = rows.filter(status=InvoiceStatus.MATCHED.value).count()
    teller.claim("None of them is owed by itself.", free == 0, f"{free} agree with an order")
