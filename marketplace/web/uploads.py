"""Files that people send: how large they may be, and what they are, whatever they are called."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from django.conf import settings
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from marketplace.core.errors import Invalid

MEGABYTE: Final = 1_000_000
USUAL_LIMIT_BYTES: Final = 25 * MEGABYTE
# What surrounds a file in a form: the other fields and the lines between them.
ENVELOPE_BYTES: Final = 100_000
SNIFFED_BYTES: Final = 4_096


class WrongKindOfFile(Invalid):
    """A file is not of the kind that was asked for, whatever its name says."""

    code = "upload.wrong-kind"
    title = gettext_lazy("This is not the kind of file that we asked for.")
    advice = gettext_lazy("Save it in the format that the page asks for, and send it again.")


@dataclass(frozen=True, slots=True)
class FileKind:
    """What a file is by its first bytes: a word for programs, a media type, a name for people."""

    word: str
    media_type: str
    name: Any


PDF = FileKind("pdf", "application/pdf", gettext_lazy("a PDF document"))
EXCEL = FileKind(
    "xlsx",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    gettext_lazy("an Excel workbook"),
)
OLD_EXCEL = FileKind("xls", "application/vnd.ms-excel", gettext_lazy("an old Excel workbook"))
WORD = FileKind(
    "docx",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    gettext_lazy("a Word document"),
)
OPEN_SHEET = FileKind(
    "ods", "application/vnd.oasis.opendocument.spreadsheet", gettext_lazy("an OpenDocument sheet")
)
ZIP = FileKind("zip", "application/zip", gettext_lazy("a ZIP archive"))
PNG = FileKind("png", "image/png", gettext_lazy("a picture"))
JPEG = FileKind("jpeg", "image/jpeg", gettext_lazy("a picture"))
GIF = FileKind("gif", "image/gif", gettext_lazy("a picture"))
WEBP = FileKind("webp", "image/webp", gettext_lazy("a picture"))
TIFF = FileKind("tiff", "image/tiff", gettext_lazy("a picture"))
GZIP = FileKind("gzip", "application/gzip", gettext_lazy("a compressed file"))
PROGRAM = FileKind("program", "application/x-executable", gettext_lazy("a program"))
XML = FileKind("xml", "application/xml", gettext_lazy("an XML file"))
HTML = FileKind("html", "text/html", gettext_lazy("a web page"))
TEXT = FileKind("text", "text/plain", gettext_lazy("a text file"))
UTF16 = FileKind("utf16", "text/plain", gettext_lazy("a text file saved as Unicode (UTF-16)"))
EMPTY = FileKind("empty", "application/x-empty", gettext_lazy("an empty file"))
UNKNOWN = FileKind(
    "binary", "application/octet-stream", gettext_lazy("a file of a kind that we do not know")
)

_MAGIC: Final[tuple[tuple[bytes, FileKind], ...]] = (
    (b"%PDF-", PDF),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", OLD_EXCEL),
    (b"\x89PNG\r\n\x1a\n", PNG),
    (b"\xff\xd8\xff", JPEG),
    (b"GIF8", GIF),
    (b"II*\x00", TIFF),
    (b"MM\x00*", TIFF),
    (b"\x1f\x8b", GZIP),
    (b"MZ", PROGRAM),
    (b"\x7fELF", PROGRAM),
    (b"\xff\xfe", UTF16),
    (b"\xfe\xff", UTF16),
)
_IN_ZIP: Final[tuple[tuple[bytes, FileKind], ...]] = (
    (b"opendocument.spreadsheet", OPEN_SHEET),
    (b"xl/", EXCEL),
    (b"word/", WORD),
)


def kind_of(content: bytes) -> FileKind:
    """Tell what a file is from its beginning (its end too, for the list in a ZIP archive)."""
    if not content:
        return EMPTY
    for magic, kind in _MAGIC:
        if content.startswith(magic):
            return kind
    if content.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return _in_zip(content)
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return WEBP
    return _text_kind(content)


def _in_zip(content: bytes) -> FileKind:
    ends = content[:SNIFFED_BYTES] + content[-SNIFFED_BYTES:]
    return next((kind for mark, kind in _IN_ZIP if mark in ends), ZIP)


def _text_kind(content: bytes) -> FileKind:
    if b"\x00" in content:
        return UNKNOWN
    start = content[:SNIFFED_BYTES].removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    if start.startswith((b"<!doctype html", b"<html")):
        return HTML
    return XML if start.startswith(b"<") else TEXT


def check_kind(
    content: bytes, *, allowed: tuple[FileKind, ...], field: str | None = None
) -> FileKind:
    """Return what a file is, if it is one of the kinds that are allowed.

    Raises: WrongKindOfFile.
    """
    kind = kind_of(content)
    if kind in allowed:
        return kind
    *others, last = dict.fromkeys(str(one.name) for one in allowed)
    words = {"found": kind.name, "last": last, "others": ", ".join(others)}
    raise WrongKindOfFile(
        _("This is %(found)s. Choose %(others)s or %(last)s.") % words
        if others
        else _("This is %(found)s. Choose %(last)s.") % words,
        field=field,
        found=kind.word,
    )


def limit_bytes() -> int:
    """Return the size of the largest file that we take."""
    return int(getattr(settings, "LARGEST_UPLOAD_BYTES", USUAL_LIMIT_BYTES))


def is_too_long(request: HttpRequest) -> bool:
    """Tell whether a request says that its body is longer than any that we take."""
    try:
        length = int(request.META.get("CONTENT_LENGTH") or 0)
    except ValueError:
        return False
    return length > limit_bytes() + ENVELOPE_BYTES


def too_large_words(limit: int | None = None) -> str:
    """Return the sentence for a file that is too large."""
    return _("The file must be smaller than %(limit)d MB.") % {
        "limit": (limit or limit_bytes()) // MEGABYTE
    }
