"""The one gate for XML: what it lets in, what it keeps out, and how it says so."""

from __future__ import annotations

import tracemalloc
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from io import BytesIO
from threading import Thread
from time import monotonic
from xml.etree.ElementTree import ParseError

import pytest
from defusedxml.common import DefusedXmlException
from hypothesis import given
from hypothesis import strategies as st

from marketplace.core import xml
from marketplace.core.errors import Invalid
from marketplace.core.xml import HostileXml, TooHeavy, parse_xml, stream_elements

LAUGHS = (
    "<!DOCTYPE a [<!ENTITY l0 'ha'>"
    + "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
    + "]>"
)
BLOW_UP = "<!DOCTYPE a [<!ENTITY x '" + "x" * 100_000 + "'>]><a>" + "&x;" * 50_000 + "</a>"


def said_of(content: bytes) -> str:
    """What is read out of a file, or why it was refused."""
    try:
        return "Read: " + "".join(map(str, parse_xml(content).itertext()))
    except HostileXml as refusal:
        return refusal.detail


class TestWhatComesIn:
    @pytest.mark.parametrize(
        "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "iso-8859-1", "windows-1252"]
    )
    def test_any_encoding_that_says_its_name(self, encoding):
        said = {"utf-8-sig": "utf-8", "utf-16-le": "utf-16le"}.get(encoding, encoding)
        text = f'<?xml version="1.0" encoding="{said}"?><a>Caffè, £5</a>'
        assert parse_xml(text.encode(encoding)).text == "Caffè, £5"

    def test_utf_8_that_says_nothing(self):
        assert parse_xml("<a>Llŷn</a>".encode()).text == "Llŷn"

    def test_two_hundred_elements_in_one_another(self):
        assert parse_xml(b"<a>" * 200 + b"</a>" * 200).tag == "a"

    @given(st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=200))
    def test_any_text_comes_back_as_it_was(self, text):
        kept = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
        if any(c in text for c in "\ufffe\uffff"):  # which XML 1.0 leaves out
            return
        assert (parse_xml(f"<a>{kept}</a>".encode()).text or "") == text


# What somebody sends, and what we say.
REFUSED = {
    "a document type": (b"<!DOCTYPE a><a/>", "It has a DOCTYPE"),
    "a document type in UTF-16": ("<!DOCTYPE a><a/>".encode("utf-16"), "It has a DOCTYPE"),
    "one behind a comment": (b"<!-- x --><!DOCTYPE a><a/>", "It has a DOCTYPE"),
    "an entity of a file": (
        b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/hostname">]><a>&x;</a>',
        "DOCTYPE",
    ),
    "laughs": (f"{LAUGHS}<a>&l9;</a>".encode(), "a DOCTYPE or an entity at line 1"),
    "laughs in an attribute": (f'{LAUGHS}<a b="&l9;"/>'.encode(), "a DOCTYPE or an entity"),
    "a text fifty thousand times": (BLOW_UP.encode(), "a DOCTYPE or an entity"),
    "entities in a ring": (
        b'<!DOCTYPE a [<!ENTITY x "&y;"><!ENTITY y "&x;">]><a>&x;</a>',
        "DOCTYPE",
    ),
    "an entity that is not known": (b"<a>\n&nbsp;</a>", "an entity at line 2"),
    "an ampersand": (b"<a>\n\nMarks & Spencer</a>", "At line 3 there is an & that stands by"),
    "an ampersand without its end": (b"<a>&amp</a>", "At line 1 there is an &"),
    "ten thousand in one another": (b"<a>" * 10_000, "stand too deep in one another"),
    "an endless text": (b"<a>" + b"x" * 11_000_000 + b"</a>", "a text is too long"),
    "latin that says UTF-8": (
        '<?xml version="1.0" encoding="UTF-8"?>\n<a>\ncafé</a>'.encode("latin-1"),
        "At line 3 there are letters in another encoding",
    ),
    "latin that says nothing": ("<a>café</a>".encode("latin-1"), "Save it as UTF-8"),
    "an encoding that nobody knows": (b'<?xml version="1.0" encoding="abc"?><a/>', "encoding"),
    "a control character": (b"<a>\n\x01</a>", "At line 2 there is a character that XML does not"),
    "NUL": (b"<a>\x00</a>", "character that XML does not allow"),
    "nothing": (b"", "The file is empty."),
    "spaces": (b" \n\t ", "The file is empty."),
    "a PDF": (b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n", "This is a PDF, not XML."),
    "a spreadsheet": (b"PK\x03\x04\x14\x00", "This is a zip or an office file, not XML."),
    "JSON": (b'{"order": 1}', "It is not XML: it does not begin with <."),
    "a letter": (b"Dear council,", "It is not XML: it does not begin with <."),
    "a file cut short": (b"<a>\n<b>\n", "It stops being XML at line 3"),
    "ends that do not match": (b"<a>\n<b>\n</a>", "It stops being XML at line 3"),
    "two roots": (b"<a/>\n<b/>", "It stops being XML at line 2"),
    "a prefix without its namespace": (b"<cbc:ID>1</cbc:ID>", "prefix cbc"),
    "an element whose name holds a word that we look for": (
        b"<PartyLegalEntity></IdentityDocument>",
        "It stops being XML at line 1",
    ),
}


class TestWhatStaysOut:
    @pytest.mark.parametrize("sent", REFUSED)
    def test_is_refused_in_words_that_help(self, sent):
        content, words = REFUSED[sent]
        begun = monotonic()
        with pytest.raises(HostileXml) as refused:
            parse_xml(content)
        assert words in refused.value.detail
        assert "\n" not in refused.value.detail
        assert monotonic() - begun < 2
        assert isinstance(refused.value, Invalid)

    def test_a_file_of_more_than_a_hundred_megabytes_is_not_even_read(self):
        with pytest.raises(HostileXml, match="larger than 100 MB"):
            parse_xml(b"<a/>" + b" " * xml.LARGEST_XML_BYTES)

    @given(st.binary(max_size=300))
    def test_no_bytes_at_all_bring_it_down(self, content):
        assert said_of(content)

    @given(st.integers(0, 120), st.binary(min_size=1, max_size=3))
    def test_nor_do_bytes_in_the_midst_of_good_ones(self, place, odd):
        good = (
            b'<?xml version="1.0" encoding="UTF-8"?>\n<Order xmlns:c="urn:x"><c:ID>1</c:ID></Order>'
        )
        assert said_of(good[:place] + odd + good[place:])


class Counting(BaseHTTPRequestHandler):
    """Counts who asks it for anything."""

    asked = 0

    def do_GET(self) -> None:
        type(self).asked += 1
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def listener() -> Iterator[str]:
    Counting.asked = 0
    server = HTTPServer(("127.0.0.1", 0), Counting)
    Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/x"
    server.shutdown()
    server.server_close()


FETCHING = {
    "a document type": '<!DOCTYPE a SYSTEM "{}"><a/>',
    "a public document type": '<!DOCTYPE a PUBLIC "x" "{}"><a/>',
    "an entity": '<!DOCTYPE a [<!ENTITY x SYSTEM "{}">]><a>&x;</a>',
    "a parameter entity": '<!DOCTYPE a [<!ENTITY % x SYSTEM "{}"> %x;]><a/>',
    "a schema": '<a xmlns:i="http://www.w3.org/2001/XMLSchema-instance" i:schemaLocation="x {}"/>',
    "a style sheet": '<?xml-stylesheet type="text/xsl" href="{}"?><a/>',
    "an inclusion": '<a xmlns:i="http://www.w3.org/2001/XInclude"><i:include href="{}"/></a>',
}


@pytest.mark.parametrize("way", FETCHING)
def test_nothing_is_fetched(way, listener):
    said_of(FETCHING[way].format(listener).encode())
    assert Counting.asked == 0


@pytest.mark.parametrize("way", FETCHING)
def test_no_file_is_read(way, tmp_path):
    secret = tmp_path / "secret"
    secret.write_text("<b>the cost centre of the Mayor</b>")
    assert "Mayor" not in said_of(FETCHING[way].format(secret.as_uri()).encode())


def test_laughing_takes_no_memory():
    tracemalloc.start()
    with pytest.raises(HostileXml):
        parse_xml(REFUSED["laughs"][0])
    _now, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < 1_000_000


class TestStreamElements:
    def texts(self, content: bytes, **facts) -> list[str]:
        chosen = {"most_bytes": 200_000, **facts}
        return [
            "".join(each.itertext()) for each in stream_elements(BytesIO(content), {"b"}, **chosen)
        ]

    def test_gives_the_elements_of_a_name_with_what_is_in_them(self):
        assert self.texts(b"<a><x>no</x><b>1<c>2</c></b>tail<b/><y><b>3</b></y></a>") == [
            "12", "", "3",
        ]  # fmt: skip

    def test_stops_where_it_is_told_to(self):
        assert self.texts(b"<a><x><b>1</b></x><b>2</b>< no more", until="x") == ["1"]

    def test_gives_all_of_those_that_one_piece_holds_or_cuts(self):
        content = b"<a>" + b"".join(b"<b><c>%d</c></b>" % n for n in range(30_000)) + b"</a>"
        assert self.texts(content) == [str(n) for n in range(30_000)]

    @pytest.mark.parametrize("content", [b"", b"<a>", b"<a><b></a>", b"<!DOCTYPE a><a/>"])
    def test_what_is_no_xml_is_an_error_as_it_is_elsewhere(self, content):
        with pytest.raises((ParseError, DefusedXmlException)):
            self.texts(content)

    @pytest.mark.parametrize(
        ("before", "one", "after"),
        [
            (b"<a><b>", b"<c/>", b"</b></a>"),
            (b"<a><b>", b"xxxx", b"</b></a>"),
            (b"<a><b x='", b"xxxx", b"'/></a>"),
            (b"<a>", b"<b>", b""),
            (b"<a>", b"<x>", b""),
            (b"<a>", b"xxxx", b"</a>"),
            (b"<a>", b"<x%d/>", b"</a>"),
            (b"<a>", b"<b x%d=''/>", b"</a>"),
            (b"<a>", b"<b xmlns:x%d='u'/>", b"</a>"),
        ],
    )
    def test_refuses_what_grows_without_end_before_it_has_grown(self, before, one, after):
        class Endless(BytesIO):
            asked = 0

            def read(self, size: int = -1) -> bytes:
                self.asked += 1
                if self.asked == 1:
                    return before
                made = [one % (self.asked * 10_000 + n) if b"%" in one else one
                        for n in range(size // len(one))]  # fmt: skip
                return b"".join(made) if self.asked < 1000 else after

        source = Endless()
        tracemalloc.start()
        try:
            with pytest.raises(TooHeavy):
                list(stream_elements(source, {"b"}, most_bytes=500_000))
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
        assert source.asked < 20
        assert peak < 60_000_000
