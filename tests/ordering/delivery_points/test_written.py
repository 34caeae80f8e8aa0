"""What is written on an order of a door."""

from __future__ import annotations

import pytest

from marketplace.core.texts import address_fits
from marketplace.ordering.delivery_points.written import delivery_parts, delivery_text


@pytest.mark.parametrize(
    ("instructions", "kept"),
    [("", ""), ("Ring twice.", "Ring twice."), (" Ring\r\n\r\n twice. \n", "Ring\ntwice.")],
)
def test_a_door_is_its_address_and_what_the_driver_must_know(instructions, kept):
    text = delivery_text("Library", "1 High Street\nAmbridge", instructions)
    assert delivery_parts(text) == ("Library\n1 High Street\nAmbridge", kept)


def test_a_door_with_the_longest_address_fits_on_an_order():
    address = "\n".join(str(number) for number in range(10))
    assert address_fits(address)
    text = delivery_text("Library", address, "Ring twice.")
    assert text.startswith("Library, 0\n1\n")
    assert address_fits(delivery_parts(text)[0])


def test_lines_end_as_they_do_on_any_computer():
    assert delivery_parts("Hall\r\nAmbridge\r\n\r\nRing.\r\n") == ("Hall\nAmbridge", "Ring.")
