"""Files are known by what is in them, and large ones are not read at all."""

import io
import zipfile

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
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


class TestReadUpload:
    def test_returns_what_was_sent(self):
        upload = SimpleUploadedFile("prices.csv", b"code,name\n")
        assert uploads.read_upload(upload, allowed=(uploads.TEXT,)) == b"code,name\n"

    def test_names_what_it_is_and_what_it_should_be(self):
        upload = SimpleUploadedFile("prices.csv", archive("xl/workbook.xml"))
        with pytest.raises(uploads.WrongKindOfFile) as caught:
            uploads.read_upload(upload, allowed=(uploads.TEXT, uploads.PDF), field="file")
        assert caught.value.detail == (
            "This is an Excel workbook. Choose a text file or a PDF document."
        )
        assert caught.value.field == "file"
        assert caught.value.facts == {"found": "xlsx"}

    def test_refuses_a_large_file_before_it_is_read(self, settings):
        settings.LARGEST_UPLOAD_BYTES = 25_000_000
        upload = SimpleUploadedFile("big.csv", b"")
        upload.size = 25_000_001
        upload.file = Untouchable()
        with pytest.raises(uploads.FileTooLarge, match="smaller than 25 MB"):
            uploads.read_upload(upload, allowed=(uploads.TEXT,))


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
