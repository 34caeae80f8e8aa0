"""An order as a PDF: a purchase order to print and file. Dataclass in, bytes out.

The page on the web is the accessible form of the order, and the paper says where it is. The same
order gives the same bytes, so that what was sent can be proved.
"""

from __future__ import annotations

from datetime import UTC, date
from decimal import Decimal
from html import escape
from io import BytesIO
from pathlib import Path
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _
from reportlab import rl_config
from reportlab.lib import colors
from reportlab.lib.enums import TA_RIGHT
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import (
    Flowable,
    KeepInFrame,
    Paragraph,
    SimpleDocTemplate,
    Spacer,
    Table,
    TableStyle,
)

from marketplace.core.ubl import Party, number_text
from marketplace.ordering.delivery_points.written import delivery_parts
from marketplace.ordering.orders.paper import OrderPaper, PaperLine
from marketplace.ordering.orders.words import Words

PLAIN, BOLD = "OrderPlain", "OrderBold"
MARGIN = 16 * mm
WIDTH = A4[0] - 2 * MARGIN
FRAME_PADDING = 6  # what ReportLab puts round a page's content
# The most that a cell holds. A row of a table cannot go over to the next page, so what stands in it
# must fit on one, in the widest letters and the narrowest column that there are.
MOST_LETTERS, MOST_ADDRESS_LETTERS = 250, 1010
MOST_LINES = 16
TALLEST = 110 * mm  # of what stands in a quarter of the head
GREY = colors.HexColor("#505a5f")
RULE = colors.HexColor("#b1b4b6")

# Which month a day is in, in words that do not depend on the machine's language.
MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September",
    "October", "November", "December",
)  # fmt: skip

# Bytes go into the file as they are, and not as letters, which takes longer and is larger.
rl_config.useA85 = 0

# ReportLab's own typefaces have no ŵ and no ŷ, without which no Welsh name can be printed.
FONTS = Path(settings.FONT_FOLDER)
pdfmetrics.registerFont(TTFont(PLAIN, str(FONTS / "DejaVuSansCondensed.ttf")))
pdfmetrics.registerFont(TTFont(BOLD, str(FONTS / "DejaVuSansCondensed-Bold.ttf")))
pdfmetrics.registerFontFamily(PLAIN, normal=PLAIN, bold=BOLD, italic=PLAIN, boldItalic=BOLD)

TEXT = ParagraphStyle("text", fontName=PLAIN, fontSize=9, leading=12, splitLongWords=1)
SMALL = ParagraphStyle("small", parent=TEXT, fontSize=8, leading=10, textColor=GREY)
RIGHT = ParagraphStyle("right", parent=TEXT, alignment=TA_RIGHT)
STRONG = ParagraphStyle("strong", parent=TEXT, fontName=BOLD)
STRONG_RIGHT = ParagraphStyle("strong-right", parent=STRONG, alignment=TA_RIGHT)
TITLE = ParagraphStyle("title", parent=TEXT, fontName=BOLD, fontSize=17, leading=21)


def order_pdf(paper: OrderPaper) -> bytes:
    """Return an order's PDF."""
    target = BytesIO()
    template = SimpleDocTemplate(
        target,
        pagesize=A4,
        leftMargin=MARGIN - FRAME_PADDING,
        rightMargin=MARGIN - FRAME_PADDING,
        topMargin=MARGIN + 8 * mm,
        bottomMargin=MARGIN + 6 * mm,
        title=_("Purchase order %(number)s") % {"number": paper.number},
        author=paper.council.name,
        subject=_("Order to %(supplier)s") % {"supplier": paper.supplier.name},
        lang="en-GB",
        invariant=1,
    )
    story: list[Flowable] = [
        *_head(paper), Spacer(0, 6 * mm), _lines_table(paper), Spacer(0, 5 * mm),
        _sums_table(paper), Spacer(0, 6 * mm), *_foot(paper),
    ]  # fmt: skip
    template.build(story, canvasmaker=_numbered(paper))
    return target.getvalue()


def _words(text: str, style: ParagraphStyle = TEXT, most: int = MOST_LETTERS) -> Words:
    """Return text that fits a page; whatever is in it is text and never markup."""
    return Words(_cut(text, most), style)


def _cut(text: str, most: int) -> str:
    """Return a text cut to so many letters, with a sign that it goes on.

    Why: what is typed here is never so long; what comes from elsewhere may be.
    """
    lines = text[: most + 1].splitlines()
    short = "\n".join(lines[:MOST_LINES])[:most]
    return short if len(lines) <= MOST_LINES and len(text) <= most else f"{short}…"


def _quarter(content: list[Flowable]) -> KeepInFrame:
    """Return what stands in a quarter of the head, in smaller letters if it is very much."""
    return KeepInFrame(WIDTH / 2 - 2 * FRAME_PADDING, TALLEST, content, mode="shrink")


def _pounds(amount: Decimal) -> str:
    return f"£{amount:,.2f}"


def _price(amount: Decimal) -> str:
    return f"£{number_text(amount, 2)}"


def _day(on: date) -> str:
    return f"{on.day} {MONTHS[on.month - 1]} {on.year}"


def _party(title: str, party: Party) -> list[Flowable]:
    lines = [party.name, *party.address.printed]
    if party.vat_number:
        lines.append(_("VAT number %(number)s") % {"number": party.vat_number})
    address = _words("\n".join(lines[1:]), TEXT, MOST_ADDRESS_LETTERS)
    return [_words(title, SMALL), _words(lines[0], STRONG), address]


def _head(paper: OrderPaper) -> list[Flowable]:
    facts = [
        (_("Order number"), paper.number),
        (_("Date"), _day(paper.ordered_on)),
        (_("Ordered by"), paper.council.contact_name),
    ]
    if paper.needed_by_on:
        facts.append((_("Needed by"), _day(paper.needed_by_on)))
    facts_table = Table(
        [[_words(name, SMALL), _words(value, STRONG)] for name, value in facts],
        colWidths=[28 * mm, WIDTH / 2 - 28 * mm],
    )
    facts_table.setStyle(TableStyle([("VALIGN", (0, 0), (-1, -1), "TOP"), *_tight()]))
    address, instructions = delivery_parts(paper.deliver_to)
    deliver: list[Flowable] = [
        _words(_("Deliver to"), SMALL),
        _words(address, TEXT, MOST_ADDRESS_LETTERS),
    ]
    if instructions:
        deliver += [
            Spacer(0, 2 * mm),
            _words(_("For the driver"), SMALL),
            _words(instructions, TEXT, MOST_ADDRESS_LETTERS),
        ]
    sides = Table(
        [
            [_quarter(_party(_("From"), paper.council)), facts_table],
            [_quarter(_party(_("To"), paper.supplier)), _quarter(deliver)],
        ],
        colWidths=[WIDTH / 2, WIDTH / 2],
    )
    sides.setStyle(
        TableStyle(
            [
                ("VALIGN", (0, 0), (-1, -1), "TOP"),
                ("LEFTPADDING", (0, 0), (0, -1), 0),
                ("BOTTOMPADDING", (0, 0), (-1, -1), 8),
            ]
        )
    )
    return [_words(_("Purchase order"), TITLE), Spacer(0, 4 * mm), sides]


def _tight() -> list[Any]:
    return [
        ("LEFTPADDING", (0, 0), (-1, -1), 0),
        ("TOPPADDING", (0, 0), (-1, -1), 0),
        ("BOTTOMPADDING", (0, 0), (-1, -1), 2),
    ]


def _line_row(line: PaperLine) -> list[Flowable]:
    unit = line.unit_label
    if line.pack_size > 1:
        unit = _("%(unit)s (%(count)s in each)") % {"unit": unit, "count": line.pack_size}
    return [
        _words(str(line.line_number)),
        [_words(line.name), _words(_("Part %(number)s") % {"number": line.part_number}, SMALL)],
        _words(number_text(line.quantity), RIGHT),
        _words(unit),
        _words(_price(line.unit_price), RIGHT),
        _words(f"{number_text(line.vat_rate_percent)}%", RIGHT),
        _words(_pounds(line.net_amount), RIGHT),
    ]


def _lines_table(paper: OrderPaper) -> Table:
    names = [
        (_("Line"), STRONG), (_("What"), STRONG), (_("Quantity"), STRONG_RIGHT),
        (_("Unit"), STRONG), (_("Price"), STRONG_RIGHT), (_("VAT"), STRONG_RIGHT),
        (_("Amount"), STRONG_RIGHT),
    ]  # fmt: skip
    widths = [11 * mm, 0, 19 * mm, 24 * mm, 24 * mm, 13 * mm, 27 * mm]
    widths[1] = WIDTH - sum(widths)
    rows = [[_words(name, style) for name, style in names], *map(_line_row, paper.lines)]
    table = Table(rows, colWidths=widths, repeatRows=1)
    table.setStyle(
        TableStyle(
            [
                ("VALIGN", (0, 0), (-1, -1), "TOP"),
                ("LINEBELOW", (0, 0), (-1, 0), 1.2, colors.black),
                ("LINEBELOW", (0, 1), (-1, -1), 0.4, RULE),
                ("LEFTPADDING", (0, 0), (-1, -1), 2),
                ("RIGHTPADDING", (0, 0), (-1, -1), 2),
            ]
        )
    )
    return table


def _sums_table(paper: OrderPaper) -> Table:
    rows = [(_("Total without VAT"), paper.net_amount, TEXT, RIGHT)]
    for row in paper.vat:
        words = _("VAT at %(rate)s%% on %(net)s") % {
            "rate": number_text(row.rate_percent),
            "net": _pounds(row.net.amount),
        }
        rows.append((words, row.vat.amount, TEXT, RIGHT))
    rows.append((_("Total to pay"), paper.gross_amount, STRONG, STRONG_RIGHT))
    table = Table(
        [
            [_words(name, left), _words(_pounds(amount), right)]
            for name, amount, left, right in rows
        ],
        colWidths=[62 * mm, 32 * mm],
        hAlign="RIGHT",
    )
    table.setStyle(
        TableStyle(
            [
                ("LINEABOVE", (0, -1), (-1, -1), 1.2, colors.black),
                ("RIGHTPADDING", (0, 0), (-1, -1), 2),
                ("NOSPLIT", (0, 0), (-1, -1)),
            ]
        )
    )
    return table


def _foot(paper: OrderPaper) -> list[Flowable]:
    words = [
        _("Please write the order number %(number)s on your delivery note and on your invoice.")
        % {"number": paper.number},
        _("Questions: %(name)s, %(email)s")
        % {"name": paper.council.contact_name, "email": paper.council.email},
    ]
    return [
        *(_words(sentence) for sentence in words),
        Paragraph(
            escape(_("You can read and answer this order as a web page: "))
            + f'<link href="{escape(paper.link)}" color="#1d70b8">{escape(paper.link)}</link>',
            TEXT,
        ),
    ]


def _numbered(paper: OrderPaper) -> type[Canvas]:
    """Return a canvas that writes "page x of y", which is known only at the end.

    Source: ISO 32000-1, 7.9.4 (dates).
    """
    issued = f"{paper.issued_at.astimezone(UTC):D:%Y%m%d%H%M%S}+00'00'"

    class Numbered(Canvas):  # type: ignore[misc]
        def __init__(self, *args: Any, **facts: Any) -> None:  # noqa: ANN401
            super().__init__(*args, **facts)
            # The library's fixed instant keeps the bytes the same; it is not the one to be read.
            self.setDateFormatter(lambda *_fixed: issued)
            self._pages: list[dict[str, Any]] = []

        def showPage(self) -> None:
            self._pages.append(dict(self.__dict__))
            self._startPage()

        def save(self) -> None:
            for place, page in enumerate(self._pages, start=1):
                self.__dict__.update(page)
                _furnish(self, paper, place, len(self._pages))
                super().showPage()
            super().save()

    return Numbered


def _furnish(canvas: Canvas, paper: OrderPaper, place: int, pages: int) -> None:
    """Draw what every page has: whose it is, which order, and which page of how many."""
    top = A4[1] - 12 * mm
    canvas.setFillColor(colors.HexColor(paper.colour))
    canvas.rect(0, A4[1] - 4 * mm, A4[0], 4 * mm, stroke=0, fill=1)
    canvas.setFillColor(colors.black)
    canvas.setFont(BOLD, 9)
    canvas.drawString(MARGIN, top, paper.council.name)
    canvas.setFillColor(GREY)
    canvas.setFont(PLAIN, 8)
    canvas.drawRightString(A4[0] - MARGIN, top, paper.number)
    words = _("Page %(place)s of %(pages)s") % {"place": place, "pages": pages}
    canvas.drawRightString(A4[0] - MARGIN, 11 * mm, words)
