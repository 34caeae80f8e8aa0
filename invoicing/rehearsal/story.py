"""The whole line, from a supplier's file to the trial balance, told step by step."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from decimal import ROUND_CEILING, Decimal
from pathlib import Path
from typing import Final

from django.utils import timezone

from catalogue.imports import reading
from catalogue.imports.for_all import check_for_all
from catalogue.imports.report import ImportReport, WordedProblem
from catalogue.imports.selectors import annotated_run
from catalogue.imports.services.price_lists import import_catalogue
from catalogue.imports.wording import why_unreadable
from catalogue.models import Listing
from invoicing.models import Invoice
from invoicing.rehearsal import buying, deeds, keeping, paying
from invoicing.rehearsal.arrivals import fate_of_file
from invoicing.rehearsal.founding import House, found, set_budget
from invoicing.rehearsal.telling import StoryEnds, Teller, pounds
from invoicing.states import InvoiceStatus
from marketplace.core.errors import Refusal
from marketplace.core.tables.separated import Unreadable

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


def look(given: Given) -> None:
    """See that the price list can be read and the folder written to, before anything is done.

    Raises: StoryEnds.
    """
    if given.out:
        keeping.prepare(given.out)
    if given.catalogue.exists() and not given.catalogue.is_file():
        raise StoryEnds(f"{given.catalogue} is not a file.")
    try:
        said = check_for_all(given.for_all)
        with given.catalogue.open("rb") as stream:
            file = reading.open_file(stream, encoding=given.encoding)
            reading.open_rows(file.text, encoding=file.survey.encoding, said=said)
    except OSError as error:
        raise StoryEnds(f"{given.catalogue} cannot be opened: {error.strerror}.") from error
    except Refusal as refusal:
        raise StoryEnds(refusal.detail) from refusal
    except Unreadable as problem:
        raise StoryEnds(f"{given.catalogue.name}: {why_unreadable(problem)}") from problem


def tell(given: Given, house: House, teller: Teller) -> None:
    """Walk the line, and say at each step what came of it.

    Raises: StoryEnds when it cannot go on; Refusal likewise, by a service.
    """
    report = _catalogue(given, house, teller)
    listings = _chosen(given, house, teller)
    bought = buying.buy(house, listings, teller)
    first, billed = buying.bill(house, bought, teller)
    invoices = [*billed, *buying.credit(house, bought, first, teller)]
    if given.invoices:
        _others(given, house, teller)
    paying.pay(house, invoices, teller)
    exported = paying.hand_over(house, teller)
    _keep(given, house, teller, exported, report)
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


def _catalogue(given: Given, house: House, teller: Teller) -> ImportReport:
    """Take in the good rows of the supplier's file, and tell of every cell that is wrong.

    Raises: StoryEnds when the file cannot be used, in the words of the import.
    """
    teller.step(f"The supplier’s file {given.catalogue.name} is read")
    with given.catalogue.open("rb") as stream, house.selling() as seller:
        try:
            report = import_catalogue(
                supplier=seller,
                content=stream,
                name=given.catalogue.name,
                at=house.clock(),
                dry_run=False,
                good_rows=True,
                encoding=given.encoding,
                for_all=given.for_all,
            )
        except Refusal as refusal:
            raise StoryEnds(refusal.detail) from refusal
    wrong = report.worded_problems
    teller.say(
        f"{report.rows_count:,} rows, {report.new_count:,} taken, {report.problem_count:,} cells"
        " wrong.",
        rows=report.rows_count,
        taken=report.new_count,
        wrong=report.problem_count,
        left_out=report.left_out_count,
        wrong_cells=[asdict(each) for each in wrong],
    )
    teller.listed([_told(each) for each in wrong], most=len(wrong), count=report.problem_count)
    if report.refused:
        raise StoryEnds(report.why_whole)
    if report.left_out_count:
        teller.say(
            f"{report.left_out_count:,} wrong rows are left out, and the story goes on with the"
            " good ones."
        )
    for words, names in (
        ("Columns passed over", report.unknown_headings),
        ("Sheets that look like price lists and were not read", report.other_sheets),
    ):
        if names:
            teller.say(f"{words}: {', '.join(names)}.")
    return report


def _told(wrong: WordedProblem) -> str:
    """Return what is wrong with a cell in one line."""
    about = f"{wrong.column_label}, “{wrong.value}”" if wrong.column else f"“{wrong.value}”"
    return f"Row {wrong.row}, {about}: {wrong.reason} {wrong.suggestion}"


def _chosen(given: Given, house: House, teller: Teller) -> list[Listing]:
    """Choose what is bought, and give the council the money for it.

    Raises: StoryEnds when there is nothing to buy.
    """
    listings = deeds.goods(house, given.lines)
    if not listings:
        raise StoryEnds("There is no row in the file that could be bought.")
    _fund(house, listings, teller)
    return listings


def _keep(
    given: Given, house: House, teller: Teller, exported: keeping.Exported, report: ImportReport
) -> None:
    """Leave every document in the folder that was named, if one was."""
    if given.out is None:
        teller.say("The documents are not kept. To have them, name a folder with --out.")
        return
    more = {}
    if report.left_out_count:
        with house.selling() as seller:
            found = annotated_run(seller.organisation_id, report.run_id, wrong_only=True)
            more["rows-left-out.csv"] = b"".join(found)
    kept = keeping.keep(house, exported, given.out, more)
    teller.say(f"All {len(kept)} documents are in {given.out}.", documents=kept)


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
    accepted = [fate.accepted for fate in fates if fate.accepted]
    if accepted:
        teller.say(
            "So that nothing holds one only because nobody here knows its seller, these were made"
            f" suppliers first: {', '.join(accepted)}."
        )
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
