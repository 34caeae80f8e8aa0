"""What comes in from outside: bytes of anybody's making, or a document that we are willing to read.

Two questions are answered here and no others: can these bytes be read without harm, and are they an
invoice in a syntax that we read. Whether the invoice is right is for `invoicing.judging`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256
from typing import Any, Final, Protocol

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from lxml import etree

from invoicing.formats import cii_parts, ubl
from invoicing.formats.binding import Element
from marketplace.core.errors import Invalid
from marketplace.core.xml import HostileXml, parse_xml

LARGEST_BYTES: Final = 20_000_000
# An invoice of 10,000 lines has some 170,000; each costs many times its bytes in memory.
MOST_ELEMENTS: Final = 500_000
_PIECE_BYTES = 1_048_576
_DEEPEST = 256
# No element of an invoice has ten; reading very many of one element takes the square of the time.
_MOST_ATTRIBUTES = 50
_OVERLOADED = etree.XPath(f"boolean(//*[@*[{_MOST_ATTRIBUTES + 1}]])")

_DECLARED = re.compile(rb"""^(?:\xef\xbb\xbf)?<\?xml[^>]{0,100}?encoding\s*=\s*["']([^"']{1,40})""")
_ENCODING = re.compile(rb"[A-Za-z][A-Za-z0-9._\-]*")  # XML 1.0, EncName
# Zip and office files, gzip, 7-Zip, RAR.
_ARCHIVES = (b"PK\x03\x04", b"\x1f\x8b", b"7z\xbc\xaf", b"Rar!")
_UTF_16 = (b"\xff\xfe", b"\xfe\xff")


class Syntax(StrEnum):
    """The languages of invoices that the law makes us read, as they are named in a document.

    Source: Procurement Act 2023 s.67(3); PD CEN/TS 16931-2, the two mandatory syntaxes.
    """

    UBL_INVOICE = "ubl-invoice"
    UBL_CREDIT_NOTE = "ubl-credit-note"
    CII = "cii"


SYNTAXES: Final = {
    f"{{{ubl.INVOICE}}}Invoice": Syntax.UBL_INVOICE,
    f"{{{ubl.CREDIT_NOTE}}}CreditNote": Syntax.UBL_CREDIT_NOTE,
    f"{{{cii_parts.NAMESPACE}}}CrossIndustryInvoice": Syntax.CII,
}
# Other things that are sent in place of an invoice. Shapes: by the local name of the root.
_OTHERS: Final = {
    "Order": gettext_lazy("It is a purchase order."),
    "OrderResponse": gettext_lazy("It is an answer to an order."),
    "ApplicationResponse": gettext_lazy("It is an answer to another document."),
    "DespatchAdvice": gettext_lazy("It is a delivery note."),
    "Catalogue": gettext_lazy("It is a price list."),
    "Statement": gettext_lazy("It is a statement of account."),
    "Reminder": gettext_lazy("It is a reminder."),
    "StandardBusinessDocument": gettext_lazy(
        "It is an envelope of the Peppol network. Send the invoice that is inside it."
    ),
    "CrossIndustryDocument": gettext_lazy(
        "It is an invoice in ZUGFeRD 1, which is older than the European standard."
    ),
    "cXML": gettext_lazy("It is a cXML message, which the European standard does not name."),
    "html": gettext_lazy("It is a web page."),
}


class DocumentRefused(Invalid):
    """The file was not taken in. Facts: `sha256` and `size_bytes` of what came."""

    code = "e-invoice.refused"
    title: Any = gettext_lazy("We cannot take in this file.")


class FileTooLarge(DocumentRefused):
    """Facts: `largest_bytes`."""

    code = "e-invoice.too-large"
    title = gettext_lazy("This file is too large.")


class NotXml(DocumentRefused):
    """A PDF, a picture, a web page: whatever it is called, it is no electronic invoice."""

    code = "e-invoice.not-xml"
    title = gettext_lazy("This file is not an electronic invoice.")


class HasDoctype(DocumentRefused):
    """It declares a document type or entities. Facts: `line`, where it is known."""

    code = "e-invoice.doctype"
    title = gettext_lazy("This file has a DOCTYPE.")


class TooDeep(DocumentRefused):
    """Its elements stand too deep in one another, or one has too many attributes."""

    code = "e-invoice.too-deep"
    title = gettext_lazy("This file cannot be read safely.")


class TooManyElements(DocumentRefused):
    """It is made of more parts than any invoice. Facts: `most`."""

    code = "e-invoice.too-many-elements"
    title = gettext_lazy("This file has too many parts.")


class WrongEncoding(DocumentRefused):
    """Its bytes are not in the encoding that it says.

    Facts: `line`; `byte`, counted from 1; `said` and `probably`, names of encodings.
    """

    code = "e-invoice.wrong-encoding"
    title = gettext_lazy("This file is not in the encoding that it says it has.")


class BrokenXml(DocumentRefused):
    """It begins as XML and stops being so. Facts: `line`."""

    code = "e-invoice.broken-xml"
    title = gettext_lazy("This file is damaged.")


class NotAnInvoice(DocumentRefused):
    """It is XML of another kind. Facts: `root` and `namespace`."""

    code = "e-invoice.not-an-invoice"
    title = gettext_lazy("This is not an invoice that we can read.")


@dataclass(frozen=True, slots=True)
class Received:
    """What came in, as evidence: its bytes, which are never changed, and their hash."""

    content: bytes
    sha256: str


@dataclass(frozen=True, slots=True)
class Document:
    """A document that is safe to read and says that it is an invoice."""

    root: Element
    syntax: Syntax
    sha256: str
    size_bytes: int


class Stream(Protocol):
    """A file, an upload: whatever gives its bytes by pieces."""

    def read(self, size: int, /) -> bytes:
        """Return at most so many bytes, and none at the end."""
        ...


def receive(stream: Stream, *, largest_bytes: int = LARGEST_BYTES) -> Received:
    """Read a file to its end, but no further than is allowed, and hash it on the way.

    Raises: FileTooLarge, after reading at most one piece more than the largest.
    """
    digest, pieces, size = sha256(), [], 0
    while piece := stream.read(_PIECE_BYTES):
        size += len(piece)
        if size > largest_bytes:
            raise FileTooLarge(_too_large(largest_bytes), largest_bytes=largest_bytes)
        digest.update(piece)
        pieces.append(piece)
    return Received(b"".join(pieces), digest.hexdigest())


def open_document(content: bytes, *, largest_bytes: int = LARGEST_BYTES) -> Document:
    """Return a document from outside, or say why it is not one.

    A file with large attachments is read twice: under strict limits, and, where a text is the only
    thing too long, once more without that limit.
    Raises: DocumentRefused, by its kinds.
    """
    digest = sha256(content).hexdigest()
    facts: dict[str, Any] = {"sha256": digest, "size_bytes": len(content)}
    if len(content) > largest_bytes:
        raise FileTooLarge(_too_large(largest_bytes), largest_bytes=largest_bytes, **facts)
    if other := _other_file(content):
        raise NotXml(other, **facts)
    if _elements_begun(content) > MOST_ELEMENTS:
        detail = _(
            "It has more than %(most)s elements. Send an invoice of fewer lines, or several."
        )
        raise TooManyElements(detail % {"most": f"{MOST_ELEMENTS:,}"}, most=MOST_ELEMENTS, **facts)
    try:
        root = _parsed(content)
    except HostileXml as refusal:
        raise _refused(refusal, content, facts) from refusal
    if _OVERLOADED(root):
        detail = _("One of its elements has more than %(most)s attributes.")
        raise TooDeep(detail % {"most": _MOST_ATTRIBUTES}, **facts)
    syntax = SYNTAXES.get(str(root.tag))
    if syntax is None:
        name = etree.QName(root)
        detail = _not_an_invoice(name.localname, name.namespace or "")
        raise NotAnInvoice(detail, root=name.localname, namespace=name.namespace or "", **facts)
    return Document(root, syntax, digest, len(content))


def _elements_begun(content: bytes) -> int:
    """Return how many elements a file begins, at most, without reading it as XML.

    Why: reading a file of millions of empty elements already costs a gigabyte. What is no XML is
    told by the parser, and texts have no "<" of their own.
    """
    ends = max(map(content.count, (b"</", b"<\x00/\x00", b"\x00<\x00/")))
    return content.count(b"<") - ends


def _parsed(content: bytes) -> Element:
    try:
        return parse_xml(content)
    except HostileXml as refusal:
        if refusal.facts.get("reason") != "length":
            raise
    root = parse_xml(content, has_long_texts=True)
    if root.xpath(f"boolean({'/*' * (_DEEPEST + 1)})"):
        raise HostileXml(_("Its elements stand too deep in one another."), reason="depth")
    return root


def _too_large(largest_bytes: int) -> str:
    return _("The largest file that we take in is %(megabytes)s MB.") % {
        "megabytes": f"{largest_bytes / 1_000_000:g}"
    }


def _other_file(content: bytes) -> str:
    """Return what a file is that was never XML, and what to do instead; or nothing."""
    start = content[:1024].lstrip(b"\xef\xbb\xbf \t\r\n")
    lower = start[:64].lower()
    if not start.strip(b"\x00"):
        return _("The file is empty.")
    if start.startswith(b"%PDF"):
        return _(
            "It is a PDF, whatever it is called. A PDF is not an electronic invoice by itself:"
            " send the XML file that your accounting software makes."
        )
    if start.startswith(_ARCHIVES):
        return _("It is a zip or an office file. Take the XML file out of it and send that.")
    if lower.startswith((b"<!doctype html", b"<html")):
        return _("It is a web page. Download the invoice itself and send that.")
    if start.startswith((b"\xff\xd8\xff", b"\x89PNG", b"GIF8", b"II*\x00", b"MM\x00*")):
        return _("It is a picture. Send the XML file that your accounting software makes.")
    if start.startswith((b"{", b"[")):
        return _("It is JSON. Send the invoice as XML.")
    if not start.startswith((b"<", *_UTF_16)) and b"\x00" not in start[:4]:
        return _("It is not XML: it does not begin with <.")
    return ""


def _refused(refusal: HostileXml, content: bytes, facts: dict[str, Any]) -> DocumentRefused:
    """Return what the parser said as a refusal of the kind that it is."""
    reason = refusal.facts.get("reason")
    if "line" in refusal.facts:
        facts = {**facts, "line": refusal.facts["line"]}
    declared = _DECLARED.match(content)
    if reason == "broken" and declared and not _ENCODING.fullmatch(declared[1]):
        said = declared[1].decode("ascii", "replace")
        detail = _("It names an encoding that does not exist, “%(said)s”. Save it as UTF-8.")
        return WrongEncoding(detail % {"said": said}, said=said, **facts)
    if reason == "encoding":
        return _wrong_encoding(refusal.detail, content, facts)
    kinds: dict[object, type[DocumentRefused]] = {
        "doctype": HasDoctype, "depth": TooDeep, "length": FileTooLarge, "size": FileTooLarge,
        "not-xml": NotXml,
    }  # fmt: skip
    if reason == "broken" and content[:1].isspace() and content.lstrip().startswith(b"<?xml"):
        detail = _("There is an empty line or a blank before <?xml. Remove it and send it again.")
        return BrokenXml(detail, **facts)
    return kinds.get(reason, BrokenXml)(refusal.detail, **facts)


def _wrong_encoding(detail: str, content: bytes, facts: dict[str, Any]) -> WrongEncoding:
    """Say where the first wrong byte stands, and what the file probably is."""
    found = _DECLARED.match(content)
    said = found[1].decode("ascii", "replace") if found else "UTF-8"
    facts = {**facts, "said": said}
    if said.upper().replace("_", "-") not in {"UTF-8", "UTF8"}:
        return WrongEncoding(detail, **facts)
    try:
        content.decode("utf-8")
    except UnicodeDecodeError as error:
        at = error.start
    else:
        return WrongEncoding(detail, **facts)
    line = content.count(b"\n", 0, at) + 1
    letter = content[at : at + 1].decode("cp1252", "replace")
    around = content[max(0, at - 12) : at + 12].decode("cp1252", "replace")
    is_windows = 0x80 <= content[at] < 0xA0
    probably = "windows-1252" if is_windows else "ISO-8859-1"
    words = _(
        "It says that it is in UTF-8, but byte %(byte)s, in line %(line)s, is not. It is probably"
        " %(probably)s, where that byte is “%(letter)s” (in “%(around)s”). Save the file as UTF-8,"
        " or name its encoding in the first line, and send it again."
    ) % {
        "byte": at + 1, "line": line, "probably": probably, "letter": letter,
        "around": " ".join(around.split()),
    }  # fmt: skip
    return WrongEncoding(words, **{**facts, "line": line, "byte": at + 1, "probably": probably})


def _not_an_invoice(name: str, namespace: str) -> str:
    if name in {"Invoice", "CreditNote", "CrossIndustryInvoice"}:
        return _(
            "It begins with %(name)s, but not in the namespace of UBL 2.1 or of CII D16B:"
            " it says “%(namespace)s”."
        ) % {"name": name, "namespace": namespace}
    known = _OTHERS.get(name)
    sentence = _("We read invoices and credit notes in UBL 2.1, and invoices in CII D16B.")
    what = str(known) if known else _("It begins with %(name)s.") % {"name": name}
    return f"{what} {sentence}"
