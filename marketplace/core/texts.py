"""Texts as people may write them: what stands in them can be seen."""

from __future__ import annotations

import re
from typing import Final

# What cannot be seen: a title that reads otherwise than it is stored deceives who approves it, two
# names that look the same are not, and one of blanks that are no spaces looks empty and is not.
# Controls other than tab and line breaks; what turns the direction of the letters after it; what
# has no width; blanks that are called letters; what belongs to nobody or is no character at all.
# Source: Unicode Standard Annex 9, 2.1 to 2.6; Unicode Technical Standard 39; Unicode 15, 23.7.
_NEVER: Final = (
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f"
    "\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\u2800\u3164\ue000-\uf8ff\ufeff\uffa0"
    "\ufff0-\ufffc\ufffe\uffff\U000f0000-\U0010ffff]"
)
# A joiner has its place within a word of Persian or Hindi, or a picture of several people; a tag
# only in the flag of a country within a state, which is a black flag and the country's letters.
_STRAY_JOINER: Final = r"(?<![^\x00-\x7f])[\u200c\u200d]|[\u200c\u200d](?![^\x00-\x7f\u200c\u200d])"
_STRAY_TAG: Final = "(?<![\U0001f3f4\U000e0020-\U000e007f])[\U000e0000-\U000e0fff]"
_UNSEEN: Final = re.compile(f"{_NEVER}|{_STRAY_JOINER}|{_STRAY_TAG}")

MOST_ADDRESS_LINES: Final = 10
LONGEST_ADDRESS_LINE: Final = 100


def address_fits(address: str) -> bool:
    """Tell whether an address is short enough to stand on an order.

    Why: an order is a page of paper, a label on a parcel and a message to another computer.
    """
    lines = address.splitlines()
    return len(lines) <= MOST_ADDRESS_LINES and all(
        len(line) <= LONGEST_ADDRESS_LINE for line in lines
    )


def unseen(text: str) -> str:
    r"""Return the first character that nobody sees and no text may have, or "".

    >>> unseen("Chairs\n2 tables"), unseen("Chairs\u202e") == "\u202e"
    ('', True)
    """
    found = _UNSEEN.search(text)
    return found[0] if found else ""


def without_unseen(text: str) -> str:
    r"""Return a text without the characters that nobody sees.

    >>> without_unseen("Two\x1b chairs\u202e")
    'Two chairs'
    """
    while (seen := _UNSEEN.sub("", text)) != text:  # what stood beside it may be astray now
        text = seen
    return text
