"""The one gate for XML: the only place in the product that parses it."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import IO, Any, cast
from xml.etree.ElementTree import Element, XMLPullParser

from defusedxml.ElementTree import DefusedXMLParser
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from lxml import etree

from marketplace.core.errors import Invalid

LARGEST_XML_BYTES = 100_000_000

# libxml2 puts the place at the end of its own message; we say it once, at the beginning.
_PLACE = re.compile(r"(, line \d+)?(, column \d+)?\s*$")
# What libxml2 says, in words that help the person who sent the file.
_SIGNS = (
    (
        re.compile(r"EntityRef"),
        "ampersand",
        gettext_lazy("At line %(line)s there is an & that stands by itself. Write it as &amp;."),
    ),
    (
        re.compile(r"^Entity '|entity amplification|entity reference loop|\bDTD\b|PEReference"),
        "doctype",
        gettext_lazy(
            "It has a DOCTYPE or an entity at line %(line)s. Remove it and send the file again."
        ),
    ),
    (
        re.compile(r"^(Invalid bytes|Unsupported encoding|Input is not proper|.*encoding error)"),
        "encoding",
        gettext_lazy(
            "At line %(line)s there are letters in another encoding than the file says it has."
            " Save it as UTF-8 and send it again."
        ),
    ),
    (
        re.compile(r"^Excessive depth"),
        "depth",
        gettext_lazy("At line %(line)s its elements stand too deep in one another."),
    ),
    (
        re.compile(r"^Resource limit|internal error: Huge input lookup|Buffer size limit"),
        "length",
        gettext_lazy("At line %(line)s a text is too long to be read."),
    ),
    (
        re.compile(r"^(Invalid character|PCDATA invalid Char|.*invalid xmlChar)"),
        "character",
        gettext_lazy("At line %(line)s there is a character that XML does not allow."),
    ),
)
_BYTE_ORDER_MARKS = (b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")


class HostileXml(Invalid):
    """The file is not XML that we are willing to read."""

    code = "xml.refused"
    title = gettext_lazy("We cannot read this XML file.")


# How much of a file is read at a time while looking for its first element.
_PIECE_BYTES = 65_536


def parse_xml(content: bytes, *, has_long_texts: bool = False) -> etree._Element:
    """Return the root element of a document from outside, without comments and instructions.

    Nothing is fetched, no entity is expanded and no document type declaration is accepted, so a
    file cannot make us read another or grow without bound. A file that carries others inside may
    have texts of more than ten million characters; its beginning is then read under the strict
    limits first, since without a document type there are no entities that could grow.
    Raises: HostileXml with the line where reading stopped, and the reason in one word.
    Source: OWASP ASVS 5.0 V1.5.1 (XML external entities).
    """
    if len(content) > LARGEST_XML_BYTES:
        raise HostileXml(_("The file is larger than 100 MB."), reason="size")
    try:
        if has_long_texts:
            _refuse_doctype(_first_element(content))
        root = etree.fromstring(content, etree.XMLParser(huge_tree=has_long_texts, **_OPTIONS))
    except etree.XMLSyntaxError as error:
        detail, reason = _explained(content, error)
        raise HostileXml(detail, line=error.lineno or 1, reason=reason) from error
    except ValueError as error:
        raise HostileXml(_("It is not XML."), reason="not-xml") from error
    _refuse_doctype(root)
    return root


_OPTIONS: dict[str, Any] = {
    "resolve_entities": False,
    "no_network": True,
    "load_dtd": False,
    "recover": False,
    "remove_comments": True,
    "remove_pis": True,
}


def _first_element(content: bytes) -> etree._Element | None:
    puller = etree.XMLPullParser(events=("start",), huge_tree=False, **_OPTIONS)
    for start in range(0, len(content), _PIECE_BYTES):
        puller.feed(content[start : start + _PIECE_BYTES])
        for _event, element in puller.read_events():
            return cast("etree._Element", element)
    return None


def _refuse_doctype(root: etree._Element | None) -> None:
    if root is not None and root.getroottree().docinfo.doctype:  # type: ignore[attr-defined]
        raise HostileXml(
            _("It has a DOCTYPE. Remove the line that starts with <!DOCTYPE and send it again."),
            reason="doctype",
        )


def _explained(content: bytes, error: etree.XMLSyntaxError) -> tuple[str, str]:
    """Return in a sentence why a file could not be read, for the person who sent it, and a word."""
    line, said = error.lineno or 1, error.msg or ""
    for sign, reason, sentence in _SIGNS:
        if sign.search(said):
            return str(sentence) % {"line": line}, reason
    if other := _not_even_xml(content.lstrip()[:8]):
        return other, "not-xml"
    why = " ".join(_PLACE.sub("", said).split()).rstrip(".")
    return (
        _("It stops being XML at line %(line)s: %(reason)s.") % {"line": line, "reason": why},
        "broken",
    )


def _not_even_xml(start: bytes) -> str:
    """Return what a file is that was never meant as XML, or nothing."""
    if not start:
        return _("The file is empty.")
    if start.startswith(b"%PDF"):
        return _("This is a PDF, not XML.")
    if start.startswith(b"PK\x03\x04"):
        return _("This is a zip or an office file, not XML.")
    if not start.startswith((b"<", *_BYTE_ORDER_MARKS)) and b"\x00" not in start:
        return _("It is not XML: it does not begin with <.")
    return ""


# What a streamed file may have of what the parser keeps until the end.
MOST_NAMES = 2_000
MOST_DEPTH = 64


class TooHeavy(Exception):
    """A part of a streamed file is larger than whoever reads it holds."""


class _Held:
    """What is held of a streamed file: the elements that are open, and the names it has used."""

    def __init__(self, tags: Collection[str]) -> None:
        self._tags = tags
        self._path: list[Element] = []
        self._names: set[str] = set()
        self._within = self._spaces = 0
        self.unended_bytes = 0

    def begin(self, event: str, element: Any) -> None:  # noqa: ANN401  # a name space has none
        if event == "start-ns":
            self._spaces += 1
            return
        self._path.append(element)
        self._names.add(element.tag)
        self._names.update(element.keys())
        self._within += element.tag in self._tags

    def end(self, element: Element) -> None:
        """Forget an element, unless one that is wanted still needs it."""
        self._path.pop()
        self._within -= element.tag in self._tags
        if not self._within:
            self.unended_bytes = 0
            element.clear()
            if self._path:
                self._path[-1].clear()

    def check(self, most_bytes: int) -> None:
        names = max(len(self._names), self._spaces)
        if self.unended_bytes > most_bytes or names > MOST_NAMES or len(self._path) > MOST_DEPTH:
            raise TooHeavy


def stream_elements(
    source: IO[bytes], tags: Collection[str], *, most_bytes: int, until: str = ""
) -> Iterator[Element]:
    """Yield the elements of some names as they end, holding no more than one of them at a time.

    A file of any length then costs no more than its largest element, which may have `most_bytes`
    of text. Between two elements nothing else is held, and of names only as many as a format has.
    Shapes: what is yielded is empty once the next is asked for; what stands behind the element
    `until` is not looked at. Document types are refused.
    Raises: TooHeavy; whatever else the parser raises of what is no XML.
    """
    parser = DefusedXMLParser(forbid_dtd=True)
    puller: Any = XMLPullParser(("start", "end", "start-ns"), _parser=parser)
    held = _Held(tags)
    while piece := source.read(_PIECE_BYTES):
        puller.feed(piece)
        held.unended_bytes += len(piece)
        for event, element in puller.read_events():
            if event != "end":
                held.begin(event, element)
                continue
            if element.tag == until:
                return
            if element.tag in tags:
                yield element
            held.end(element)
        held.check(most_bytes)
    puller.close()


def read_schema(path: Path) -> etree.XMLSchema:
    """Return a schema that came with an installed package, with those that it includes."""
    parser = etree.XMLParser(no_network=True, load_dtd=False)
    return etree.XMLSchema(etree.parse(str(path), parser))
