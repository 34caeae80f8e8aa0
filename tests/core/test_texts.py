"""What stands in a text can be seen, and what people really write passes."""

from __future__ import annotations

import pytest

from marketplace.core.texts import unseen, without_unseen

SEEN = [
    "Llanfair-ym-Muallt, Ŵyl y Gŵyl, ŷ Ŷ", "محمد بن عبد الله", "שרה כהן", "می‌خواهم",
    "क्‍ष", "李小龍", "Zoë O’Neill-Müller", "Thanks 👍🏽", "👨‍👩‍👧 family", "❤️ and ✔️", "🏴󠁧󠁢󠁷󠁬󠁳󠁿 Cymru",
    "A\nB\tC\r\nD", "½ £5 – “so”", "a b", "\ufffd",
]  # fmt: skip
HIDDEN = [
    0x00, 0x08, 0x0B, 0x1B, 0x7F, 0x85, 0xAD, 0x34F, 0x61C, 0x115F, 0x1160, 0x180E, 0x200B, 0x200C,
    0x200D, 0x200E, 0x200F, 0x2028, 0x2029, *range(0x202A, 0x202F), 0x2060, 0x2063,
    *range(0x2066, 0x2070), 0x2800, 0x3164, 0xE000, 0xF8FF, 0xFEFF, 0xFFA0, 0xFFF9, 0xFFFC, 0xFFFE,
    0xFFFF, 0xE0001, 0xE0041, 0xE007F, 0xF0000, 0x10FFFF,
]  # fmt: skip


@pytest.mark.parametrize("text", SEEN)
def test_what_people_write_is_left_alone(text):
    assert unseen(text) == ""
    assert without_unseen(text) == text


@pytest.mark.parametrize("code", HIDDEN, ids=hex)
def test_what_nobody_sees_is_found_and_taken_away(code):
    for before, after in (("ab", "cd"), ("", ""), ("a ", ""), ("", "\n"), ("Siân", "e")):
        text = f"{before}{chr(code)}{after}"
        assert unseen(text) == chr(code)
        assert without_unseen(text) == before + after


def test_a_name_of_nothing_that_is_seen_is_empty():
    assert without_unseen("".join(map(chr, HIDDEN)) + " \u3000\u00a0\u2003").strip() == ""
