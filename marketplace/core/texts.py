"""Texts as people may write them: what stands in them can be seen."""

from __future__ import annotations

import re
from typing import Final

# Controls other than tab and line breaks, and what turns the direction of the letters after it:
# neither can be seen, and a title that reads otherwise than it is stored deceives who approves it.
# Source: Unicode Standard Annex 9, 2.1 to 2.5 (embeddings, overrides and isolates).
_UNSEEN: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


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
    return _UNSEEN.sub("", text)
