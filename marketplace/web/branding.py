"""A council's colour: one small stylesheet an address, since no page may carry inline style."""

from __future__ import annotations

import re
from typing import Final

WHITE: Final = "#ffffff"
BLACK: Final = "#000000"
_HEX = re.compile(r"#[0-9a-f]{6}")


def is_colour(value: str) -> bool:
    """Tell whether this is a colour as we keep them: # and six lower-case hexadecimal digits."""
    return _HEX.fullmatch(value) is not None


def luminance(colour: str) -> float:
    """Return a colour's relative luminance, 0 for black to 1 for white.

    Source: WCAG 2.2, definition of relative luminance.
    """
    parts = (int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5))
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(first: str, second: str) -> float:
    """Return the contrast ratio of two colours, from 1 to 21.

    Source: WCAG 2.2, definition of contrast ratio.
    """
    lighter, darker = sorted((luminance(first), luminance(second)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def ink_on(colour: str) -> str:
    """Return the text colour, white or black, that is easier to read on `colour`.

    Why: one of the two always has a ratio of at least 4.5 (the worst case is 4.58), so whatever
    colour a council chooses its name can be read.
    """
    return WHITE if contrast(colour, WHITE) >= contrast(colour, BLACK) else BLACK


def theme_css(colour: str) -> str:
    """Return the stylesheet that dresses the pages in a council's colour."""
    return f":root{{--govuk-brand-colour:{colour};--site-brand-ink:{ink_on(colour)}}}\n"
