"""Plain words on a page of a PDF, broken into lines.

Why: ReportLab's own paragraph reads every text as markup, and breaks it anew each time that it is
asked how tall it is. A table of goods is all plain words, and is asked several times.
"""

from __future__ import annotations

from collections.abc import Iterator

from reportlab.lib.enums import TA_RIGHT
from reportlab.lib.styles import ParagraphStyle
from reportlab.pdfbase.pdfmetrics import stringWidth
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Flowable


class Words(Flowable):  # type: ignore[misc]
    """Text in one style, whose own ends of lines are kept.

    Units: points. Letters that cannot be printed are left out.
    """

    def __init__(self, text: str, style: ParagraphStyle) -> None:
        """Take the text, and how it is to look."""
        super().__init__()
        self.text, self.style = text, style
        self._broken: tuple[float, list[str]] | None = None

    def wrap(self, width: float, _height: float) -> tuple[float, float]:
        """Return how wide and how tall it is where there is so much room."""
        if self._broken is None or self._broken[0] != width:
            self._broken = (width, list(self._lines(width)))
        self.width, self.height = width, len(self._broken[1]) * self.style.leading
        return self.width, self.height

    def drawOn(self, canvas: Canvas, x: float, y: float, _sW: float = 0) -> None:
        """Draw it, its lower left corner there."""
        style, top = self.style, y + self.height - self.style.fontSize
        _width, lines = self._broken or (0, [])
        canvas.setFont(style.fontName, style.fontSize)
        canvas.setFillColor(style.textColor)
        for place, line in enumerate(lines):
            if style.alignment == TA_RIGHT:
                canvas.drawRightString(x + self.width, top - place * style.leading, line)
            else:
                canvas.drawString(x, top - place * style.leading, line)

    def _lines(self, width: float) -> Iterator[str]:
        for written in self.text.splitlines() or [""]:
            line = ""
            for word in _printable(written).split():
                wider = f"{line} {word}" if line else word
                if self._wide(wider) <= width:
                    line = wider
                    continue
                if line:
                    yield line
                *pieces, line = self._pieces(word, width)
                yield from pieces
            yield line

    def _pieces(self, word: str, width: float) -> Iterator[str]:
        """Yield a word in pieces, none of them too wide unless one letter is."""
        piece = ""
        for letter in word if self._wide(word) > width else ():
            if piece and self._wide(piece + letter) > width:
                yield piece
                piece = ""
            piece += letter
        yield piece or word

    def _wide(self, text: str) -> float:
        return float(stringWidth(text, self.style.fontName, self.style.fontSize))


def _printable(text: str) -> str:
    return "".join(letter if letter.isprintable() else " " for letter in text)
