"""What an address on an order may be."""

from __future__ import annotations

import pytest

from marketplace.ordering.delivery_points.rules import address_of, postcode_in


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("1 Corn Square|zt1 1aa", "1 Corn Square|ZT1 1AA"),
        ("1 Corn Square|Castermere, zt11aa", "1 Corn Square|Castermere, ZT1 1AA"),
        ("1 Corn Square| ZT1  1AA |Wales", "1 Corn Square|ZT1 1AA|Wales"),
        ("Hall|SW1A2AA", "Hall|SW1A 2AA"),
        ("Girobank|Bootle, gir 0aa", "Girobank|Bootle, GIR 0AA"),
    ],
)
def test_a_postcode_is_kept_as_carriers_write_it(typed, kept):
    lines = address_of(typed.split("|"))
    assert lines.split("\n") == kept.split("|")
    assert postcode_in(lines) in kept
    assert address_of(lines.split("\n")) == lines


@pytest.mark.parametrize(
    "lines", ["", "1 Corn Square", "1 Corn Square|Castermere", "ZT1 11A", "A1"]
)
def test_an_address_may_have_none(lines):
    assert postcode_in(address_of(lines.split("|"))) == ""
