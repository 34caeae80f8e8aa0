"""Files that are sent on a page and read by the worker."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction

from catalogue.imports.progress import told_aside
from catalogue.imports.report import Progress
from catalogue.imports.selectors import annotated_run, report_of
from catalogue.imports.selectors import upload as upload_of
from catalogue.imports.services.price_lists import (
    NotASupplier,
    NotConfirmable,
    UnreadablePriceList,
    confirm_import,
    import_catalogue,
)
from catalogue.imports.services.uploads import (
    NotWaiting,
    cancel_upload,
    confirm_price_list,
    give_up_upload,
    send_price_list,
    take_in_upload,
)
from catalogue.models import ImportRun, Listing, Upload, UploadProgress
from fixtures.supplier_files import path_of
from marketplace.audit.models import Event
from marketplace.core.errors import Missing
from marketplace.core.ids import uuid7
from marketplace.core.tables import workbooks
from marketplace.core.tenancy import stewardship, tenant
from marketplace.jobs import services as jobs
from marketplace.jobs.models import Job
from marketplace.jobs.services import run_due_jobs
from marketplace.organisations.models import Membership, User
from tests.factories import catalogue as make
from tests.factories import organisations


@pytest.fixture
def seller(db):
    return organisations.actor(organisations.supplier(), "supplier")


@pytest.fixture
def mine(seller):
    """Act for the seller for the length of the test."""
    with tenant(seller.organisation_id):
        yield


def content(*rows):
    return make.price_list(rows or [make.row()]).getvalue()


def send(seller, at, *rows, **facts):
    given = content(*rows)
    return send_price_list(supplier=seller, content=given, name="prices.csv", at=at, **facts)


@pytest.mark.usefixtures("mine")
class TestSendPriceList:
    def test_keeps_the_file_and_owes_the_reading(self, seller, at):
        sent = send(seller, at)
        assert (sent.status, sent.dry_run, sent.run_id) == ("WAITING", True, None)
        assert sent.progress.size_bytes == sent.document.size_bytes
        assert Job.objects.filter(key=f"upload:{sent.pk}", status="OWED").count() == 1
        assert Event.objects.filter(verb="price-list.sent", subject_id=sent.pk).count() == 1
        assert (Listing.objects.count(), ImportRun.objects.count()) == (0, 0)

    @pytest.mark.parametrize("given", [b"", b"%PDF-1.7", b"Colour,Size\nred,1\n", b"\xff"])
    def test_refuses_at_once_what_is_no_price_list(self, seller, at, given):
        with pytest.raises(UnreadablePriceList):
            send_price_list(supplier=seller, content=given, name="x.csv", at=at)
        assert not Upload.objects.exists()

    def test_refuses_a_council(self, at):
        buyer = organisations.actor(organisations.council(), "buyer")
        with pytest.raises(NotASupplier):
            send(buyer, at)


@pytest.mark.usefixtures("mine")
class TestTakeInUpload:
    def test_tries_it_and_says_what_came_of_it(self, seller, at):
        sent = send(seller, at)
        assert run_due_jobs(at=at) >= 1
        sent.refresh_from_db()
        assert (sent.status, sent.run.verdict, sent.ended_at) == ("DONE", "CHECKED", at)
        assert sent.run.started_by_name == seller.name
        assert not Listing.objects.exists()

    def test_keeps_the_wish_and_the_letters_of_the_file(self, seller, at):
        given = make.price_list([make.row(name="Café")], encoding="cp1252").getvalue()
        sent = send_price_list(
            supplier=seller, content=given, name="p.csv", at=at, encoding="cp1252",
            withdraw_missing=True,
        )  # fmt: skip
        run = take_in_upload(upload_id=sent.pk, at=at).run
        assert (run.encoding, run.withdraw_missing, run.verdict) == ("cp1252", True, "CHECKED")

    def test_says_why_a_file_breaks_off(self, seller, at):
        sent = send_price_list(
            supplier=seller, content=content() + b'"never closed\n', name="p.csv", at=at
        )
        ended = take_in_upload(upload_id=sent.pk, at=at)
        assert (ended.status, ended.run_id) == ("FAILED", None)
        assert "quotation mark" in ended.refusal
        assert not ImportRun.objects.exists()
        trace = Event.objects.get(subject_id=sent.pk, verb="price-list.failed")
        assert (trace.actor_name, trace.at) == (seller.name, at)
        assert trace.after == {"dry_run": True, "reason": "broken-quotes"}

    @pytest.mark.parametrize(
        "gone", [{"is_active": False}, {"roles": []}, {"user__is_active": False}]
    )
    def test_changes_nothing_for_somebody_who_may_no_more(self, seller, at, gone):
        sent = send(seller, at)
        with stewardship():
            membership = Membership.objects.get(pk=seller.membership_id)
            if "user__is_active" in gone:
                User.objects.filter(pk=membership.user_id).update(is_active=False)
            else:
                Membership.objects.filter(pk=membership.pk).update(**gone)
        ended = take_in_upload(upload_id=sent.pk, at=at)
        assert (ended.status, ended.run_id) == ("FAILED", None)
        assert "nothing was changed" in ended.refusal
        assert not ImportRun.objects.exists()
        trace = Event.objects.get(subject_id=sent.pk, verb="price-list.failed")
        assert trace.after == {"dry_run": True, "reason": "sender-out"}

    def test_does_nothing_twice_and_nothing_that_was_cancelled(self, seller, at):
        sent, other = send(seller, at), send(seller, at)
        take_in_upload(upload_id=sent.pk, at=at)
        take_in_upload(upload_id=sent.pk, at=at)
        cancel_upload(supplier=seller, upload_id=other.pk, at=at)
        assert take_in_upload(upload_id=other.pk, at=at).status == "CANCELLED"
        assert ImportRun.objects.count() == 1


@pytest.mark.usefixtures("mine")
class TestGiveUpUpload:
    def test_an_upload_that_kills_its_workers_is_failed_with_words(self, seller, at):
        sent = send(seller, at)
        owed = Job.objects.get(key=f"upload:{sent.pk}")
        for hour in range(2):  # taken by workers that die
            assert jobs._take(owed.pk, at + timedelta(hours=hour)) is not None
        assert not jobs.run_job(owed.pk, at=at + timedelta(hours=2))
        sent.refresh_from_db()
        assert (sent.status, sent.ended_at) == ("FAILED", at + timedelta(hours=2))
        assert "nothing was changed" in sent.refusal
        trace = Event.objects.get(subject_id=sent.pk, verb="price-list.failed")
        assert trace.after == {"dry_run": True, "reason": "given-up"}

    def test_leaves_alone_what_was_read_or_cancelled(self, seller, at):
        sent = send(seller, at)
        cancel_upload(supplier=seller, upload_id=sent.pk, at=at)
        assert give_up_upload(upload_id=sent.pk, at=at).status == "CANCELLED"


@pytest.mark.usefixtures("mine")
class TestAWorkbook:
    def sent(self, seller, at, name="31-excel-workbook.xlsx"):
        given = path_of(name).read_bytes()
        return send_price_list(supplier=seller, content=given, name=name, at=at)

    def test_is_tried_and_taken_in_as_it_was_sent(self, seller, at):
        tried = take_in_upload(upload_id=self.sent(seller, at).pk, at=at)
        assert report_of(tried.run).sheet == "Prices"
        assert tried.run.document_id == tried.document_id
        assert tried.run.sha256 == tried.document.sha256
        assert tried.document.media_type.endswith("spreadsheetml.sheet")
        confirmed = confirm_price_list(supplier=seller, run_id=tried.run_id, at=at)
        assert take_in_upload(upload_id=confirmed.pk, at=at).run.verdict == "DONE"
        first, second = Listing.objects.order_by("part_number")
        assert (first.part_number, f"{first.unit_price:.4f}") == ("00012", "17.8100")
        assert (second.gtin, second.vat_category) == ("2900000000018", "standard")

    def test_comes_back_with_what_to_mend_beside_each_row(self, seller, at):
        sent = self.sent(seller, at, "32-excel-with-mistakes.xlsx")
        run = take_in_upload(upload_id=sent.pk, at=at).run
        back = b"".join(annotated_run(seller.organisation_id, run.pk)).decode("utf-8-sig")
        assert [line.count("Barcode") for line in back.splitlines()] == [1, 0, 1]

    def test_that_is_damaged_fails_with_what_to_do(self, seller, at):
        whole = path_of("31-excel-workbook.xlsx").read_bytes()
        broken = whole.replace(b"[Content_Types].xml", b"[Content_Wrong].xml")
        sent = send_price_list(supplier=seller, content=broken, name="x.xlsx", at=at)
        ended = take_in_upload(upload_id=sent.pk, at=at)
        assert ended.status == "FAILED"
        assert "This Excel file is damaged" in ended.refusal

    def test_tells_how_far_it_is(self, seller, at, monkeypatch):
        monkeypatch.setattr(workbooks, "ROWS_A_STEP", 2)
        told = []
        with path_of("31-excel-workbook.xlsx").open("rb") as file:
            import_catalogue(
                supplier=seller, content=file, name="x", at=at, dry_run=True,
                on_progress=told.append,
            )  # fmt: skip
        done = [each.read_bytes for each in told]
        assert done == sorted(done)
        assert (done[0] < 80, done[-1], told[-1].size_bytes) == (True, 100, 100)
        rows = [each.rows for each in told]
        assert rows == sorted(rows)


@pytest.mark.usefixtures("mine")
class TestConfirmPriceList:
    def test_takes_in_what_was_tried(self, seller, at):
        tried = take_in_upload(upload_id=send(seller, at).pk, at=at)
        confirmed = confirm_price_list(supplier=seller, run_id=tried.run_id, at=at)
        assert confirm_price_list(supplier=seller, run_id=tried.run_id, at=at).pk == confirmed.pk
        assert take_in_upload(upload_id=confirmed.pk, at=at).run.verdict == "DONE"
        assert Listing.objects.count() == 1

    def test_refuses_what_was_taken_in_before(self, seller, at):
        tried = take_in_upload(upload_id=send(seller, at).pk, at=at)
        confirmed = confirm_price_list(supplier=seller, run_id=tried.run_id, at=at)
        with pytest.raises(NotConfirmable):
            confirm_import(supplier=seller, run_id=tried.run_id, at=at)
        assert take_in_upload(upload_id=confirmed.pk, at=at).run.confirms_id == tried.run_id
        for confirm in (confirm_price_list, confirm_import):
            with pytest.raises(NotConfirmable, match="taken in before"):
                confirm(supplier=seller, run_id=tried.run_id, at=at)
        assert Upload.objects.filter(dry_run=False).count() == 1

    def test_may_be_confirmed_again_when_the_first_time_was_cancelled(self, seller, at):
        tried = take_in_upload(upload_id=send(seller, at).pk, at=at)
        first = confirm_price_list(supplier=seller, run_id=tried.run_id, at=at)
        cancel_upload(supplier=seller, upload_id=first.pk, at=at)
        assert confirm_price_list(supplier=seller, run_id=tried.run_id, at=at).pk != first.pk

    def test_the_database_keeps_one_taking_in(self, seller, at):
        tried = take_in_upload(upload_id=send(seller, at).pk, at=at)
        first = confirm_price_list(supplier=seller, run_id=tried.run_id, at=at)
        done = take_in_upload(upload_id=first.pk, at=at)
        again = (
            ("importrun_taken_in_once", ImportRun, done.run_id),
            ("upload_taken_in_once", Upload, first.pk),
        )
        for rule, model, pk in again:
            row = model.objects.get(pk=pk)
            row.pk = uuid7()
            with (
                pytest.raises(IntegrityError, match=rule),
                transaction.atomic(),
            ):
                row.save(force_insert=True)

    def test_refuses_what_has_mistakes(self, seller, at):
        tried = take_in_upload(upload_id=send(seller, at, make.row(unit="fathom")).pk, at=at)
        assert tried.run.verdict == "REFUSED"
        with pytest.raises(NotConfirmable):
            confirm_price_list(supplier=seller, run_id=tried.run_id, at=at)

    def test_is_missing_for_another_supplier(self, seller, at):
        tried = take_in_upload(upload_id=send(seller, at).pk, at=at)
        stranger = organisations.actor(organisations.supplier(), "supplier")
        with pytest.raises(Missing):
            confirm_price_list(supplier=stranger, run_id=tried.run_id, at=at)


@pytest.mark.usefixtures("mine")
class TestCancelUpload:
    def test_is_not_read_and_leaves_its_trace(self, seller, at):
        sent = send(seller, at)
        assert cancel_upload(supplier=seller, upload_id=sent.pk, at=at).status == "CANCELLED"
        assert Event.objects.filter(verb="price-list.cancelled", subject_id=sent.pk).count() == 1

    def test_refuses_what_was_read(self, seller, at):
        sent = take_in_upload(upload_id=send(seller, at).pk, at=at)
        with pytest.raises(NotWaiting):
            cancel_upload(supplier=seller, upload_id=sent.pk, at=at)

    def test_is_missing_for_another_supplier(self, seller, at):
        stranger = organisations.actor(organisations.supplier(), "supplier")
        with pytest.raises(Missing):
            cancel_upload(supplier=stranger, upload_id=send(seller, at).pk, at=at)


@pytest.mark.usefixtures("mine")
@pytest.mark.parametrize(
    ("rule", "facts"),
    [
        ("upload_status_known", {"status": "LOST"}),
        ("upload_ended_has_instant", {"status": "CANCELLED"}),
        ("upload_done_has_run", {"status": "DONE"}),
        ("upload_failed_says_why", {"status": "FAILED"}),
    ],
)
def test_the_database_keeps_the_rules(seller, at, rule, facts):
    sent = send(seller, at)
    ended = {} if rule == "upload_ended_has_instant" else {"ended_at": at}
    with pytest.raises(IntegrityError, match=rule), transaction.atomic():
        Upload.objects.filter(pk=sent.pk).update(**facts, **ended)


class TestProgress:
    def test_is_seen_by_others_before_the_transaction_ends(self, fresh_db, at):
        seller = organisations.actor(organisations.supplier(), "supplier")
        seen = connection.copy()
        with tenant(seller.organisation_id):
            sent = send(seller, at)
            with transaction.atomic(), told_aside(sent.pk, seller.organisation_id) as tell:
                Upload.objects.lock(sent.pk)
                tell(Progress(2000, 40, 80))
                with seen.cursor() as cursor:
                    cursor.execute(
                        "SELECT set_config('marketplace.organisation', %s, false)",
                        [str(seller.organisation_id)],
                    )
                    cursor.execute("SELECT rows_count, read_bytes FROM catalogue_uploadprogress")
                    assert cursor.fetchone() == (2000, 40)
            assert upload_of(seller.organisation_id, sent.pk).progress.percent == 50
        seen.close()

    def test_is_told_while_a_file_is_read(self, fresh_db, at):
        seller = organisations.actor(organisations.supplier(), "supplier")
        with tenant(seller.organisation_id):
            sent = send(seller, at, *(make.row(part_number=f"C{n}") for n in range(1500)))
            assert take_in_upload(upload_id=sent.pk, at=at).status == "DONE"
            told = UploadProgress.objects.get(pk=sent.pk)
            assert (told.rows_count, told.percent) == (1500, 100)

    def test_a_connection_that_is_lost_stops_the_telling_and_not_the_work(self, seller, at):
        sent = Upload(supplier_id=seller.organisation_id)
        with told_aside(sent.pk, "no key at all") as tell:
            tell(Progress(1, 1, 1))
            tell(Progress(2, 2, 2))
