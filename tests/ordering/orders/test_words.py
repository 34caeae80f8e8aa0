"""Plain words on a page, broken into lines."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from reportlab.pdfbase.pdfmetrics import stringWidth

from marketplace.ordering.orders.pdf import RIGHT, TEXT
from marketplace.ordering.orders.words import Words

WIDTH = 80


class Drawn:
    """Remembers what was drawn, and where."""

    def __init__(self) -> None:
        self.strings: list[tuple[str, float, float, str]] = []

    def setFont(self, name: str, size: float) -> None:
        self.font = (name, size)

    def setFillColor(self, colour: object) -> None:
        self.colour = colour

    def drawString(self, x: float, y: float, text: str) -> None:
        self.strings.append(("left", x, y, text))

    def drawRightString(self, x: float, y: float, text: str) -> None:
        self.strings.append(("right", x, y, text))


def lines(text: str, width: float = WIDTH, style=TEXT) -> list[str]:
    words = Words(text, style)
    words.wrap(width, 1000)
    drawn = Drawn()
    words.drawOn(drawn, 10, 20)
    return [each[-1] for each in drawn.strings]


def wide(text: str) -> float:
    return stringWidth(text, TEXT.fontName, TEXT.fontSize)


def test_keeps_its_own_ends_of_lines():
    assert lines("Town Hall\n\nAmbridge") == ["Town Hall", "", "Ambridge"]


def test_breaks_between_words():
    assert lines("one two", wide("one two")) == ["one two"]
    assert lines("one two", wide("one two") - 0.1) == ["one", "two"]


def test_breaks_a_word_that_is_wider_than_the_page():
    found = lines("a " + "W" * 40 + " b")
    assert "".join(found).replace(" ", "") == "a" + "W" * 40 + "b"
    assert found[0] == "a"
    assert found[-1].endswith(" b")
    assert all(wide(line) <= WIDTH for line in found)


@given(st.text(max_size=80), st.floats(min_value=1, max_value=200))
def test_loses_nothing_that_can_be_printed(text, width):
    found = lines(text, width)
    assert "".join("".join(found).split()) == "".join(
        "".join(each if each.isprintable() else " " for each in text).split()
    )
    assert all(wide(line) <= width or len(line) == 1 for line in found)


def test_is_as_tall_as_its_lines_at_each_width_that_it_is_asked_for():
    words = Words("one two", TEXT)
    for width, count in ((200, 1), (wide("one"), 2), (200, 1)):
        assert words.wrap(width, 1000) == (width, count * TEXT.leading)


@pytest.mark.parametrize(("style", "side", "x"), [(TEXT, "left", 10), (RIGHT, "right", 90)])
def test_stands_at_its_side_from_the_top(style, side, x):
    words = Words("one\ntwo", style)
    words.wrap(WIDTH, 1000)
    drawn = Drawn()
    words.drawOn(drawn, 10, 20)
    top = 20 + 2 * style.leading - style.fontSize
    assert drawn.strings == [(side, x, top, "one"), (side, x, top - style.leading, "two")]
    assert drawn.font == (style.fontName, style.fontSize)
    assert drawn.colour == style.textColor
