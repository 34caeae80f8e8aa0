"""The one gate for XML: the only place in the product that parses it."""

from __future__ import annotations

import re

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
        gettext_lazy("At line %(line)s there is an & that stands by itself. Write it as &amp;."),
    ),
    (
        re.compile(r"^Entity '|entity amplification|entity reference loop|\bDTD\b|PEReference"),
        gettext_lazy(
            "It has a DOCTYPE or an entity at line %(line)s. Remove it and send the file again."
        ),
    ),
    (
        re.compile(r"^(Invalid bytes|Unsupported encoding|Input is not proper|.*encoding error)"),
        gettext_lazy(
            "At line %(line)s there are letters in another encoding than the file says it has."
            " Save it as UTF-8 and send it again."
        ),
    ),
    (
        re.compile(r"^Excessive depth"),
        gettext_lazy("At line %(line)s its elements stand too deep in one another."),
    ),
    (
        re.compile(r"^Resource limit"),
        gettext_lazy("At line %(line)s a text is too long to be read."),
    ),
    (
        re.compile(r"^(Invalid character|PCDATA invalid Char|.*invalid xmlChar)"),
        gettext_lazy("At line %(line)s there is a character that XML does not allow."),
    ),
)
_BYTE_ORDER_MARKS = (b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")


class HostileXml(Invalid):
    """The file is not XML that we are willing to read."""

    code = "xml.refused"
    title = gettext_lazy("We cannot read this XML file.")


def parse_xml(content: bytes) -> etree._Element:
    """Return the root element of a document from outside.

    Nothing is fetched, no entity is expanded and no document type declaration is accepted, so a
    file cannot make us read another or grow without bound.
    Raises: HostileXml with the line where reading stopped.
    Source: OWASP ASVS 5.0 V1.5.1 (XML external entities).
    """
    if len(content) > LARGEST_XML_BYTES:
        raise HostileXml(_("The file is larger than 100 MB."))
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, recover=False
    )
    try:
        root = etree.fromstring(content, parser)
    except etree.XMLSyntaxError as error:
        raise HostileXml(_explained(content, error), line=error.lineno or 1) from error
    except ValueError as error:
        raise HostileXml(_("It is not XML.")) from error
    if root.getroottree().docinfo.doctype:  # type: ignore[union-attr]  # the stubs lack it
        raise HostileXml(
            _("It has a DOCTYPE. Remove the line that starts with <!DOCTYPE and send it again.")
        )
    return root


def _explained(content: bytes, error: etree.XMLSyntaxError) -> str:
    """Return in a sentence why a file could not be read, for the person who sent it."""
    line, said = error.lineno or 1, error.msg or ""
    for sign, sentence in _SIGNS:
        if sign.search(said):
            return str(sentence) % {"line": line}
    return _not_even_xml(content.lstrip()[:8]) or _(
        "It stops being XML at line %(line)s: %(reason)s."
    ) % {"line": line, "reason": " ".join(_PLACE.sub("", said).split()).rstrip(".")}


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
