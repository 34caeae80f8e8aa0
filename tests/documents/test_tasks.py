"""Documents from outside are looked at by the scanner that is connected."""

from __future__ import annotations

import pytest

from marketplace.core.tenancy import stewardship, tenant
from marketplace.documents.models import Document, DocumentScan
from marketplace.documents.selectors import NotClean, document
from marketplace.documents.services import owe_scans, store_document
from marketplace.jobs.models import Job
from marketplace.jobs.services import run_due_jobs
from tests.documents.scanner import EICAR, VERSION, running
from tests.factories import organisations as make


@pytest.fixture
def home(db):
    return make.council()


@pytest.fixture
def scanner(tmp_path, settings):
    settings.CLAMD_ADDRESS = str(tmp_path / "clamd")
    with running(settings.CLAMD_ADDRESS) as server:
        yield server


def come(home, at, content=b"<a/>", *, from_outside=True) -> Document:
    with tenant(home.pk):
        return store_document(
            organisation_id=home.pk, name="x.xml", media_type="text/plain", content=content,
            at=at, from_outside=from_outside,
        )  # fmt: skip


def opened(home, kept) -> bytes:
    with tenant(home.pk):
        return bytes(document(make.actor(home, "auditor"), kept.pk).content)


class TestScanDocument:
    def test_what_is_clean_can_be_opened(self, home, scanner, at):
        kept = come(home, at)
        with pytest.raises(NotClean, match="few minutes"):
            opened(home, kept)
        assert run_due_jobs(at=at) == 1
        assert opened(home, kept) == b"<a/>"
        with tenant(home.pk):
            scan = DocumentScan.objects.get(document=kept)
        assert (scan.verdict, scan.engine, scan.at) == ("CLEAN", VERSION.decode(), at)

    def test_what_is_harmful_cannot(self, home, scanner, at):
        kept = come(home, at, EICAR)
        run_due_jobs(at=at)
        with pytest.raises(NotClean, match="harmful"):
            opened(home, kept)
        with tenant(home.pk):
            assert DocumentScan.objects.get(document=kept).finding == "Eicar-Signature"

    def test_one_that_is_away_is_asked_again(self, home, scanner, at):
        scanner.answer = b""
        kept = come(home, at)
        assert run_due_jobs(at=at) == 0
        with stewardship():
            job = Job.objects.get(key=f"scan:{kept.pk}")
        assert (job.status, "ScannerAway" in job.last_error) == ("OWED", True)
        scanner.answer = None
        assert run_due_jobs(at=job.due_at) == 1
        assert opened(home, kept) == b"<a/>"

    def test_what_is_too_large_waits_for_a_person(self, home, scanner, at):
        scanner.longest = 2
        kept = come(home, at)
        run_due_jobs(at=at)
        with stewardship():
            assert Job.objects.get(key=f"scan:{kept.pk}").status == "PARKED"

    def test_what_was_made_here_is_not_looked_at_and_nothing_twice(self, home, scanner, at):
        come(home, at, from_outside=False)
        come(home, at)
        come(home, at)
        assert run_due_jobs(at=at) == 1
        assert len(scanner.seen) == 1


class TestWithoutAScanner:
    def test_a_page_says_so(self, home, at, settings):
        settings.CLAMD_ADDRESS = ""
        kept = come(home, at)
        assert run_due_jobs(at=at) == 0
        with pytest.raises(NotClean, match=r"no virus scanner.*Whoever runs the marketplace"):
            opened(home, kept)
        assert owe_scans() == 0

    def test_what_came_before_is_looked_at_later(self, home, at, tmp_path, settings):
        settings.CLAMD_ADDRESS = ""
        kept = come(home, at)
        settings.CLAMD_ADDRESS = str(tmp_path / "clamd")
        with running(settings.CLAMD_ADDRESS):
            assert owe_scans() == 1
            assert run_due_jobs(at=at) == 1
            assert owe_scans() == 0
        assert opened(home, kept) == b"<a/>"
