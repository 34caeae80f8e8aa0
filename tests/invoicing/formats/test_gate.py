"""The gate for invoices: what it lets in, what it turns away, and in which words."""

from __future__ import annotations

import hashlib
import io
from time import monotonic

import pytest
from hypothesis import given
from hypothesis import strategies as st

from invoicing.formats import gate, model
from invoicing.formats.gate import DocumentRefused, Syntax, open_document, receive
from invoicing.formats.reading import read_invoice
from invoicing.formats.ubl import write_ubl
from tests.core.test_xml import BLOW_UP, FETCHING, LAUGHS, Counting, listener  # noqa: F401
from tests.factories import einvoices

GOOD = write_ubl(einvoices.invoice())
TEXT = GOOD.decode()
INVOICE = '<Invoice xmlns="urn:oasis:names:specification:ubl:schema:xsd:Invoice-2"'
CII = "urn:un:unece:uncefact:data:standard:CrossIndustryInvoice:100"


def accented(encoding: str, said: str | None = None) -> bytes:
    """The good invoice with é and £ in its seller's name, in an encoding that it names."""
    text = TEXT.replace("Harbour Supplies Ltd", "Café & £1 Ltd".replace("&", "&amp;"))
    name = said or encoding
    return (
        text.replace('encoding="UTF-8"', f'encoding="{name}"')
        .replace("encoding='UTF-8'", f"encoding='{name}'")
        .encode(encoding)
    )


class TestWhatComesIn:
    def test_an_invoice(self):
        document = open_document(GOOD)
        assert document.syntax is Syntax.UBL_INVOICE
        assert document.sha256 == hashlib.sha256(GOOD).hexdigest()
        assert document.size_bytes == len(GOOD)

    def test_a_credit_note(self):
        said = einvoices.invoice(is_credit_note=True, type_code="381", due_on=None)
        assert open_document(write_ubl(said)).syntax is Syntax.UBL_CREDIT_NOTE

    def test_the_other_syntax(self):
        root = f'<r:CrossIndustryInvoice xmlns:r="{CII}"/>'
        assert open_document(root.encode()).syntax is Syntax.CII

    @pytest.mark.parametrize(
        ("encoding", "said"),
        [
            ("utf-8", None), ("utf-8-sig", "utf-8"), ("utf-16", None), ("iso-8859-1", None),
            ("iso-8859-15", None), ("windows-1252", None),
        ],
    )  # fmt: skip
    def test_every_encoding_that_says_its_name(self, encoding, said):
        read = read_invoice(open_document(accented(encoding, said)))
        assert read.invoice.seller.legal_name == "Café & £1 Ltd"

    def test_no_declaration_is_utf_8(self):
        content = TEXT[TEXT.index("<Invoice") :].replace("Harbour Supplies", "Caffè").encode()
        assert read_invoice(open_document(content)).invoice.seller.legal_name == "Caffè Ltd"

    def test_a_comment_cannot_split_a_figure(self):
        content = TEXT.replace("<cbc:ID>INV-1001<", "<cbc:ID>INV-<!-- 9 -->10<?x y?>01<").encode()
        assert read_invoice(open_document(content)).invoice.number == "INV-1001"

    @pytest.mark.parametrize("size", [1_024, 6_000_000, 12_000_000])
    def test_an_attachment_of_any_size_comes_out_as_it_was(self, size):
        content = bytes(range(256)) * (size // 256)
        attachment = model.Attachment(content, "application/pdf", "sheet.pdf")
        document = model.Document(model.Identifier("T-1"), attachment=attachment)
        sent = write_ubl(einvoices.invoice(documents=(document,)))
        (found,) = read_invoice(open_document(sent)).invoice.attachments
        assert found.content == content
        assert found.sha256 == hashlib.sha256(content).hexdigest()
        assert (found.mime, found.name) == ("application/pdf", "sheet.pdf")


REFUSED = {
    "nothing": (b"", gate.NotXml, "empty"),
    "blanks": (b" \r\n\t", gate.NotXml, "empty"),
    "a byte order mark": (b"\xef\xbb\xbf", gate.NotXml, "empty"),
    "a PDF called .xml": (b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n", gate.NotXml, "It is a PDF"),
    "a zip": (b"PK\x03\x04\x14\x00", gate.NotXml, "zip or an office file"),
    "a gzip": (b"\x1f\x8b\x08\x00\x00\x00", gate.NotXml, "zip or an office file"),
    "a 7-Zip": (b"7z\xbc\xaf\x27\x1c", gate.NotXml, "zip or an office file"),
    "a picture": (b"\x89PNG\r\n\x1a\n", gate.NotXml, "picture"),
    "JSON": (b'{"Invoice": 1}', gate.NotXml, "JSON"),
    "a letter": (b"Dear council,", gate.NotXml, "does not begin with <"),
    "a web page": (b"<!DOCTYPE html><html><p>x</html>", gate.NotXml, "web page"),
    "a page of XHTML": (
        b'<?xml version="1.0"?><html xmlns="http://www.w3.org/1999/xhtml"/>',
        gate.NotAnInvoice, "web page",
    ),
    "a document type": (b"<!DOCTYPE Invoice><Invoice/>", gate.HasDoctype, "DOCTYPE"),
    "one behind a comment": (b"<!-- x --><!DOCTYPE a><a/>", gate.HasDoctype, "DOCTYPE"),
    "one in UTF-16": ("<!DOCTYPE a><a/>".encode("utf-16"), gate.HasDoctype, "DOCTYPE"),
    "one before a long text": (
        b"<!DOCTYPE a><a>" + b"x" * 11_000_000 + b"</a>", gate.HasDoctype, "DOCTYPE",
    ),
    "laughs": (f"{LAUGHS}<a>&l9;</a>".encode(), gate.HasDoctype, "DOCTYPE"),
    "a text many times": (BLOW_UP.encode(), gate.HasDoctype, "DOCTYPE"),
    "depth": (b"<a>" * 200_000, gate.TooDeep, "too deep"),
    "depth beside a long text": (
        b"<r><t>" + b"x" * 11_000_000 + b"</t>" + b"<a>" * 300 + b"</a>" * 300 + b"</r>",
        gate.TooDeep, "too deep",
    ),
    "a hundred thousand attributes": (
        TEXT.replace(
            "<cbc:DueDate>",
            "<cbc:DueDate " + " ".join(f'a{n}="1"' for n in range(100_000)) + ">",
        ).encode(),
        gate.TooDeep, "more than 50 attributes",
    ),
    "a name as long as a book": (b"<" + b"a" * 11_000_000 + b"/>", DocumentRefused, ""),
    "a file cut short": (GOOD[:500], gate.BrokenXml, "stops being XML at line"),
    "a blank line first": (b"\n" + GOOD, gate.BrokenXml, "before <?xml"),
    "an ampersand": (TEXT.replace("Harbour", "A & B").encode(), gate.BrokenXml, "&amp;"),
    "an order": (
        b'<Order xmlns="urn:oasis:names:specification:ubl:schema:xsd:Order-2"/>',
        gate.NotAnInvoice, "purchase order",
    ),
    "an envelope": (
        b'<StandardBusinessDocument xmlns="urn:x"/>', gate.NotAnInvoice, "inside it",
    ),
    "ZUGFeRD 1": (
        b'<r:CrossIndustryDocument xmlns:r="urn:ferd:CrossIndustryDocument:invoice:1p0"/>',
        gate.NotAnInvoice, "ZUGFeRD 1",
    ),
    "an invoice in no namespace": (b"<Invoice/>", gate.NotAnInvoice, "namespace"),
    "an invoice in another": (b'<Invoice xmlns="urn:x"/>', gate.NotAnInvoice, "urn:x"),
    "something else": (b"<Rechnung/>", gate.NotAnInvoice, "It begins with Rechnung."),
}  # fmt: skip


class TestWhatIsTurnedAway:
    @pytest.mark.parametrize("sent", REFUSED)
    def test_by_its_kind_and_in_words_that_help(self, sent):
        content, kind, words = REFUSED[sent]
        begun = monotonic()
        with pytest.raises(kind) as refused:
            open_document(content)
        assert words in refused.value.detail
        assert "\n" not in refused.value.detail
        assert monotonic() - begun < 5
        assert refused.value.facts["sha256"] == hashlib.sha256(content).hexdigest()
        assert refused.value.facts["size_bytes"] == len(content)

    def test_latin_letters_labelled_utf_8_are_placed_and_named(self):
        content = accented("iso-8859-1", "UTF-8")
        with pytest.raises(gate.WrongEncoding) as refused:
            open_document(content)
        place = content.index(b"\xe9")
        facts = refused.value.facts
        assert facts["byte"] == place + 1
        assert facts["line"] == content[:place].count(b"\n") + 1
        assert facts["probably"] == "ISO-8859-1"
        assert "“é”" in refused.value.detail
        assert "Caf" in refused.value.detail

    def test_letters_of_windows_are_known_by_their_quotes(self):
        content = TEXT.replace("Harbour", "Harbour’s").encode("windows-1252")
        with pytest.raises(gate.WrongEncoding) as refused:
            open_document(content)
        assert refused.value.facts["probably"] == "windows-1252"
        assert "“’”" in refused.value.detail

    def test_an_encoding_that_nobody_knows(self):
        with pytest.raises(gate.WrongEncoding) as refused:
            open_document(accented("utf-8", "UTF-8_W/O_BOM"))
        assert refused.value.facts["said"] == "UTF-8_W/O_BOM"

    @pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
    def test_millions_of_empty_elements_before_they_cost_anything(self, encoding, monkeypatch):
        """The parser, which would make a gigabyte of them, is never asked."""
        monkeypatch.setattr(gate, "parse_xml", lambda *content, **options: pytest.fail("asked"))
        with pytest.raises(gate.TooManyElements, match="500,000"):
            gate.open_document(f"<a>{'<b/>' * gate.MOST_ELEMENTS}</a>".encode(encoding))

    def test_counts_what_is_begun_and_not_what_ends(self):
        pairs = f"<a>{'<b></b>' * (gate.MOST_ELEMENTS - 1)}</a>".encode()
        with pytest.raises(gate.NotAnInvoice):
            gate.open_document(pairs)

    def test_more_bytes_than_allowed(self):
        with pytest.raises(gate.FileTooLarge, match=r"0\.001 MB"):
            open_document(GOOD, largest_bytes=1_000)

    @given(st.binary(max_size=300))
    def test_no_bytes_at_all_bring_it_down(self, content):
        with pytest.raises(DocumentRefused):
            open_document(content)

    @given(st.integers(0, len(GOOD)), st.binary(min_size=1, max_size=4))
    def test_nor_do_bytes_in_the_midst_of_good_ones(self, place, odd):
        assert said_of(GOOD[:place] + odd + GOOD[place:])


class TestReceiving:
    def test_hashes_while_it_reads(self):
        content = b"x" * 3_000_000
        received = receive(io.BytesIO(content))
        assert received.content == content
        assert received.sha256 == hashlib.sha256(content).hexdigest()

    def test_stops_reading_at_the_largest(self):
        class Endless:
            given = 0

            def read(self, size):
                self.given += size
                return b"x" * size

        stream = Endless()
        with pytest.raises(gate.FileTooLarge):
            receive(stream, largest_bytes=5_000_000)
        assert stream.given < 8_000_000


def said_of(content: bytes) -> str:
    try:
        return repr(read_invoice(open_document(content)))
    except DocumentRefused as refusal:
        return refusal.detail


@pytest.mark.parametrize("way", FETCHING)
def test_nothing_is_fetched(way, listener):  # noqa: F811
    content = FETCHING[way].format(listener)
    for root in ("a", INVOICE[1:]):
        said_of(content.replace("<a", f"<{root}").replace("</a>", "</Invoice>").encode())
    assert Counting.asked == 0


@pytest.mark.parametrize("way", FETCHING)
def test_no_file_is_read(way, tmp_path):
    secret = tmp_path / "secret"
    secret.write_text("<b>the cost centre of the Mayor</b>")
    assert "Mayor" not in said_of(FETCHING[way].format(secret.as_uri()).encode())


def test_what_came_is_left_as_it_came():
    """The document's own tree is not changed by reading it."""
    attachment = model.Attachment(b"%PDF", "application/pdf", "a.pdf")
    document = model.Document(model.Identifier("T-1"), attachment=attachment)
    opened = open_document(write_ubl(einvoices.invoice(documents=(document,))))
    assert read_invoice(opened) == read_invoice(opened)
