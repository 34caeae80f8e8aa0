"""The paper form of an order."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from io import BytesIO

import pytest
from pypdf import PdfReader

from marketplace.core.money import Money
from marketplace.core.ubl import Address, Party
from marketplace.core.vat import VatCategory, VatLine
from marketplace.ordering.orders.paper import OrderPaper, PaperLine
from marketplace.ordering.orders.pdf import order_pdf


def line(place: int = 1, **facts) -> PaperLine:
    chosen = {
        "line_number": place,
        "part_number": f"CH-{place:03d}",
        "name": "Office chair",
        "category": "39112000",
        "unit": "EA",
        "unit_label": "each",
        "pack_size": 1,
        "quantity": Decimal("2.000"),
        "unit_price": Decimal("79.500000"),
        "net_amount": Decimal("159.00"),
        "vat_category": "standard",
        "vat_rate_percent": Decimal("20.00"),
        **facts,
    }
    return PaperLine(**chosen)


def paper(**facts) -> OrderPaper:
    chosen = {
        "number": "PO-26-000123",
        "issued_at": datetime(2026, 11, 23, 9, 30, 15, tzinfo=UTC),
        "ordered_on": date(2026, 11, 23),
        "council": Party(
            "Cyngor Dyffryn Onnen", Address(("Canolfan Onnen",), "Pont Onnen", "ZY1 1AA"),
            vat_number="GB 999 0003 73", email="catrin@example.com", contact_name="Siân Ŵyn-Ŷnys",
        ),
        "supplier": Party(
            "Chairs & Sons <Ltd>", Address(("2 Mill Lane",), "Borchester", "ZZ1 1ZZ"),
            vat_number="GB999000145", email="orders@example.com",
        ),
        "deliver_to": "Llyfrgell y Tŵr\nTŷ Gwyn, Pont Onnen",
        "needed_by_on": date(2026, 12, 1),
        "lines": (line(),),
        "vat": (
            VatLine(
                VatCategory.STANDARD, Decimal(20), Money(Decimal("159.00")),
                Money(Decimal("31.80")),
            ),
        ),
        "net_amount": Decimal("159.00"),
        "vat_amount": Decimal("31.80"),
        "link": "http://127.0.0.1:8000/supplier/orders/6f/",
        **facts,
    }  # fmt: skip
    return OrderPaper(**chosen)


def words(content: bytes) -> list[str]:
    return [page.extract_text() for page in PdfReader(BytesIO(content)).pages]


def test_says_everything_that_an_order_must():
    (page,) = words(order_pdf(paper()))
    for fact in (
        "Purchase order", "PO-26-000123", "23 November 2026", "1 December 2026",
        "Cyngor Dyffryn Onnen", "Chairs & Sons <Ltd>", "2 Mill Lane", "ZZ1 1ZZ", "CH-001",
        "Office chair", "each", "£79.50", "20%", "£159.00", "£31.80", "£190.80", "Page 1 of 1",
        "http://127.0.0.1:8000/supplier/orders/6f/",
    ):  # fmt: skip
        assert fact in page, fact


def test_writes_welsh_letters():
    (page,) = words(order_pdf(paper()))
    assert "Llyfrgell y Tŵr" in page
    assert "Siân Ŵyn-Ŷnys" in page


@pytest.mark.parametrize(
    "text",
    [
        "a\n" * 60 + "z", "W" * 20_000, "W W\u2028" * 9000, f"{'W' * 13} " * 900,
        f"{'W' * 13}\n" * 900, "WWWW " * 900, "\x0c\x85" * 99, "",
    ],
)  # fmt: skip
def test_prints_texts_however_long(text):
    party = Party(text, Address((text,), text, text), text, text, text, text, text)
    made = order_pdf(
        paper(
            council=party, supplier=party, deliver_to=text,
            lines=(line(name=text, part_number=text, unit_label=text), line(2)),
        )
    )  # fmt: skip
    assert "CH-002" in "".join(words(made))


def test_prints_the_longest_address_whole():
    place = "\n".join([f"{'W' * 13} " * 6 + "END"] * 10)
    assert "".join(words(order_pdf(paper(deliver_to=place)))).count("END") == 10


def test_says_apart_from_the_address_what_the_driver_must_know():
    (page,) = words(order_pdf(paper(deliver_to="Library\nAmbridge\n\nRing twice.\nNot at noon.")))
    assert "Library\nAmbridge\nFor the driver\nRing twice.\nNot at noon." in page
    (page,) = words(order_pdf(paper()))
    assert "For the driver" not in page


def test_says_that_a_text_goes_on():
    (page,) = words(order_pdf(paper(deliver_to="a\n" * 60 + "z")))
    assert "…" in page
    assert "…" not in words(order_pdf(paper()))[0]


def test_the_same_order_gives_the_same_bytes():
    assert order_pdf(paper()) == order_pdf(paper())
    assert order_pdf(paper()) != order_pdf(replace(paper(), number="PO-26-000124"))


def test_a_long_order_repeats_its_head_and_counts_its_pages():
    pages = words(order_pdf(paper(lines=tuple(line(place) for place in range(1, 121)))))
    assert len(pages) > 3
    for place, page in enumerate(pages, start=1):
        assert f"Page {place} of {len(pages)}" in page
        assert "PO-26-000123" in page
    assert all("Quantity" in page for page in pages[:-1])
    found = sum(f"CH-{place:03d}" in page for page in pages for place in range(1, 121))
    assert found == 120


@pytest.mark.parametrize("name", ["Wide " * 39, "W" * 200, "<b>bold</b> & <para>", "\x00\x07 bell"])
def test_takes_any_description(name):
    assert order_pdf(paper(lines=(line(name=name[:200]),))).startswith(b"%PDF-")


def test_markup_in_text_is_text():
    (page,) = words(order_pdf(paper(lines=(line(name="<b>5 & 6</b>"),))))
    assert "<b>5 & 6</b>" in page


def test_ten_lines_are_quick():
    from time import perf_counter

    order_pdf(paper())
    begun = perf_counter()
    order_pdf(paper(lines=tuple(line(place) for place in range(1, 11))))
    assert perf_counter() - begun < 2


def test_says_when_it_was_issued_and_not_when_the_bytes_were_made():
    made = PdfReader(BytesIO(order_pdf(paper()))).metadata
    issued = datetime(2026, 11, 23, 9, 30, 15, tzinfo=UTC)
    assert (made.creation_date, made.modification_date) == (issued, issued)


def test_an_instant_is_the_same_however_its_clock_is_set():
    elsewhere = datetime(2026, 11, 23, 15, 30, 15, tzinfo=timezone(timedelta(hours=6)))
    assert order_pdf(paper(issued_at=elsewhere)) == order_pdf(paper())
