"""Files are known by what is in them, and large ones are not read at all."""

import io
import zipfile

import pytest
from django.test import RequestFactory

from marketplace.config import settings
from marketplace.web import uploads
from marketplace.web.middleware import UploadLimit

PNG = b"\x89PNG\r\n\x1a\n" + b"\x00" * 20


def archive(*names: str) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as packed:
        for name in names:
            packed.writestr(name, "x" * 9_000)
    return made.getvalue()


class TestKindOf:
    @pytest.mark.parametrize(
        ("content", "kind"),
        [
            (b"", uploads.EMPTY),
            (b"%PDF-1.7 ...", uploads.PDF),
            (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 50, uploads.OLD_EXCEL),
            (archive("[Content_Types].xml", "xl/workbook.xml"), uploads.EXCEL),
            (archive("[Content_Types].xml", "word/document.xml"), uploads.WORD),
            (archive("readme.txt"), uploads.ZIP),
            (PNG, uploads.PNG),
            (b"\xff\xd8\xff\xe0", uploads.JPEG),
            (b"RIFF\x00\x00\x00\x00WEBPVP8 ", uploads.WEBP),
            (b"MZ\x90\x00", uploads.PROGRAM),
            (b"\xff\xfec\x00o\x00d\x00e\x00", uploads.UTF16),
            (b"code,name\n1,\x00\n", uploads.UNKNOWN),
            (b"\xef\xbb\xbfcode,name\n1,Chair\n", uploads.TEXT),
            ("code,name\n1,Café\n".encode("cp1252"), uploads.TEXT),
            (b"  <?xml version='1.0'?><Invoice/>", uploads.XML),
            (b"<!DOCTYPE html><html>", uploads.HTML),
        ],
    )
    def test_goes_by_content(self, content, kind):
        assert uploads.kind_of(content) == kind


class TestCheckKind:
    def test_names_what_it_is(self):
        assert uploads.check_kind(b"code,name\n", allowed=(uploads.TEXT,)) == uploads.TEXT

    @pytest.mark.parametrize(
        ("allowed", "said"),
        [
            ([uploads.TEXT], "Choose a text file."),
            ([uploads.TEXT, uploads.PDF], "Choose a text file or a PDF document."),
            (
                [uploads.TEXT, uploads.PDF, uploads.PNG, uploads.GIF],
                "Choose a text file, a PDF document or a picture.",
            ),
        ],
    )
    def test_names_what_it_should_be(self, allowed, said):
        with pytest.raises(uploads.WrongKindOfFile) as caught:
            uploads.check_kind(archive("xl/workbook.xml"), allowed=tuple(allowed), field="file")
        assert caught.value.detail == f"This is an Excel workbook. {said}"
        assert caught.value.field == "file"
        assert caught.value.facts == {"found": "xlsx"}


class Untouchable:
    """A body that must not be read."""

    def read(self, *_):
        pytest.fail("the body was read")


class TestUploadLimit:
    def asked(self, length: str, path: str = "/upload/"):
        request = RequestFactory().post(path)
        request.META["CONTENT_LENGTH"] = length
        request.META["wsgi.input"] = Untouchable()
        return UploadLimit(lambda request: pytest.fail("it went on"))(request)

    def test_refuses_200_megabytes_without_reading_them(self, small_site):
        answer = self.asked("200000000")
        assert answer.status_code == 413
        assert "smaller than 25 MB" in answer.content.decode()
        assert answer["Connection"] == "close"

    def test_what_is_refused_has_the_headers_of_every_answer(self):
        order = [name.rpartition(".")[2] for name in settings.MIDDLEWARE]
        assert order.index("Manners") < order.index("UploadLimit")

    def test_answers_a_program_with_a_document(self, small_site):
        answer = self.asked("200000000", "/api/v1/listings")
        assert answer.status_code == 413
        assert answer["Content-Type"] == "application/problem+json"

    @pytest.mark.parametrize("length", ["", "0", "25000000", "nonsense"])
    def test_lets_the_rest_pass(self, length):
        request = RequestFactory().post("/upload/")
        request.META["CONTENT_LENGTH"] = length
        assert UploadLimit(lambda request: "went on")(request) == "went on"
