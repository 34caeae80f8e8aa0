"""From bytes to rows of text."""

import doctest
import hashlib
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace.core.tables import separated
from marketplace.core.tables.separated import Unreadable, open_table, survey
from marketplace.core.tables.words import why_not_a_table

HEADER = "part_number,name,category,unit,unit_price,vat"
ROW = "A1,Chair,39112000,EA,9.50,S"


def rows_of(data, *, encoding=None):
    stream = io.BytesIO(data if isinstance(data, bytes) else data.encode())
    found = survey(stream, encoding=encoding)
    table = open_table(stream, encoding=found.encoding, sense=len)
    return table, list(table)


def why(data, *, encoding=None):
    with pytest.raises(Unreadable) as caught:
        rows_of(data, encoding=encoding)
    words = why_not_a_table(caught.value)
    assert "%(" not in words
    assert words.endswith(".")
    return caught.value.code, caught.value.facts, words


def test_examples_are_true():
    assert doctest.testmod(separated).failed == 0


def test_the_delimiter_is_the_one_under_which_headings_mean_something():
    stream = io.BytesIO(b"Code;Name, of it;Price, net, GBP\n1;Pen;2\n")
    table = open_table(stream, encoding="utf-8", sense=lambda found: "Code" in found)
    assert (table.delimiter, list(table)) == (";", [(2, ["1", "Pen", "2"])])


class TestSurvey:
    @given(st.binary(max_size=200))
    def test_any_bytes_are_read_or_refused_in_words(self, data):
        words = "."
        try:
            rows_of(data)
        except Unreadable as problem:
            words = why_not_a_table(problem)
        assert words.endswith(".")

    def test_knows_size_and_hash(self):
        data = f"{HEADER}\n{ROW}\n".encode()
        found = survey(io.BytesIO(data))
        assert (found.size, found.sha256) == (len(data), hashlib.sha256(data).hexdigest())

    @pytest.mark.parametrize(
        "before", [0, 10, separated.CHUNK - 1, separated.CHUNK, separated.CHUNK + 7]
    )
    def test_names_the_byte_and_the_line_that_are_not_utf_8(self, before):
        start = (HEADER + "\n").encode() + b"x" * before + "é".encode()
        code, facts, words = why(start + "\n£".encode("cp1252") + b"5,\n")
        assert (code, facts["position"], facts["line"]) == ("not-utf-8", len(start) + 1, 3)
        assert (facts["byte"], facts["meant"]) == ("0xA3", "£")
        assert "“£5,”" in words

    def test_a_letter_that_lies_across_two_chunks_is_whole(self):
        data = (HEADER + "\n").encode()
        data += b"x" * (separated.CHUNK - len(data) - 1) + "é".encode() + b"\n"
        assert survey(io.BytesIO(data)).size == len(data)

    def test_a_letter_that_the_end_cuts_off_is_refused(self):
        assert why((HEADER + "\né").encode()[:-1])[0] == "not-utf-8"

    @pytest.mark.parametrize(
        ("data", "kind"),
        [
            (b"PK\x03\x04....xl/workbook.bin", "binary-excel"), (b"PK\x03\x04.word/doc", "word"),
            (b"PK\x03\x04mimetypeapplication/vnd.oasis.opendocument.sp", "opendocument"),
            (b"PK\x03\x04", "zip"), (b"%PDF-1.7", "pdf"), (b"\xd0\xcf\x11\xe0", "old-excel"),
            (b"\x89PNG\r\n", "picture"), (b"\xff\xd8\xff\xe0", "picture"), (b"\x1f\x8b", "gzip"),
            (b"<?xml version='1.0'?><a/>", "xml"), (b"\n <!DOCTYPE html>", "html"),
            (b'[{"a": 1}]', "json"), ("a,b".encode("utf-16"), "utf-16"),
        ],
    )  # fmt: skip
    def test_says_what_a_wrong_file_is(self, data, kind):
        code, facts, words = why(data)
        assert (code, facts["kind"]) == ("other-kind", kind)
        assert "CSV" in words

    @pytest.mark.parametrize(
        "data", [b"PK\x03\x04....xl/workbook.xml", b"PK\x03\x04....[Content_Types].xml"]
    )
    def test_a_workbook_that_is_not_all_there_is_damaged(self, data):
        code, _facts, words = why(data)
        assert code == "cut-off-workbook"
        assert "damaged" in words
        assert "send it again" in words
        assert "We need" not in words

    @pytest.mark.parametrize("data", [b"", b"\xef\xbb\xbf", b" \r\n\n"])
    def test_says_that_a_file_is_empty(self, data):
        assert why(data)[0] == "empty"

    def test_refuses_a_zero_byte(self):
        assert why(b"part_number,name\0")[0] == "nul"

    def test_refuses_an_encoding_that_it_does_not_know(self):
        assert why(HEADER, encoding="latin-9")[0] == "unknown-encoding"

    def test_refuses_a_byte_that_windows_has_not(self):
        assert why(HEADER.encode() + b"\n\x81", encoding="cp1252")[0] == "not-cp1252"
