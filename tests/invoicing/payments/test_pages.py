"""The pages of payment runs and of suppliers' bank details, from the council's side."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from invoicing.models import Payment, PaymentRun
from invoicing.payments import links
from invoicing.payments.bank_days import next_bank_day
from invoicing.payments.services.runs import void_run
from marketplace.audit.models import Event
from marketplace.core.dates import financial_year
from marketplace.core.tenancy import stewardship
from marketplace.organisations.models import Membership
from tests.factories import ledger, organisations, payments
from tests.factories.organisations import sign_in

pytestmark = pytest.mark.django_db


def text(response):
    return response.content.decode()


def noon_of(day):
    return max(timezone.now(), datetime.combine(day, time(12), tzinfo=UTC))


def pay_day():
    return next_bank_day(timezone.localdate())


@pytest.fixture
def house():
    made = payments.house()
    if financial_year(timezone.localdate()) != 2026:
        ledger.year(made.council, financial_year(timezone.localdate()))
    return made


def browser(actor):
    with stewardship():
        membership = Membership.objects.select_related("user", "organisation").get(
            pk=actor.membership_id
        )
    return sign_in(Client(), membership)


@pytest.fixture
def officer(house):
    return browser(house.preparer)


@pytest.fixture
def checker(house):
    return browser(house.checker)


def reader(house, role):
    return browser(organisations.actor(house.council, role))


def due(house, amounts=("120.00",), **facts):
    return payments.invoices(house, amounts, pay_by_on=timezone.localdate(), **facts)


def day_of(name, day):
    return {f"{name}-day": day.day, f"{name}-month": day.month, f"{name}-year": day.year}


def preparation(**facts):
    return {
        "due_by_on": timezone.localdate().isoformat(),
        **day_of("pay_on", pay_day()),
        "payer_name": "Ambridge Council",
        "payer_sort_code": "20-20-15",
        "payer_account_number": "5555 5555",
        **facts,
    }


def prepare(house):
    due(house)
    facts = {"due_by_on": timezone.localdate(), "pay_on": pay_day()}
    return payments.prepared(house, at=timezone.now(), **facts)


def approved(house):
    run = prepare(house)
    return payments.checked(house, run, at=timezone.now())


class TestPreparing:
    def test_shows_what_is_due_and_what_is_left_out_and_why(self, house, officer):
        due(house, ["120.00", "-20.00"])
        unsure = payments.supplier(house.council, name="Unsure Ltd")
        payments.account(unsure)
        due(house, ["7.00"], supplier=unsure)
        page = text(officer.get(reverse("payment-run-prepare")))
        for words in ("Chairs Ltd", "£100.00", "Unsure Ltd", "£7.00", "made sure of its bank"):
            assert words in page

    def test_looks_as_far_ahead_as_is_asked(self, house, officer):
        payments.invoices(house, ["9.00"], pay_by_on=timezone.localdate() + timedelta(days=5))
        address = reverse("payment-run-prepare")
        assert "Nothing is due by this day" in text(officer.get(address))
        far = timezone.localdate() + timedelta(days=6)
        assert "£9.00" in text(officer.get(address, day_of("due_by_on", far)))

    def test_a_day_that_is_none_is_said(self, house, officer):
        page = text(officer.get(reverse("payment-run-prepare"), {"due_by_on-day": "31"}))
        assert "There is a problem" in page

    def test_makes_a_run_and_shows_it(self, house, officer):
        due(house)
        done = officer.post(reverse("payment-run-prepare"), preparation(), follow=True)
        page = text(done)
        assert "is prepared, and waits for a second person" in page
        assert "20-20-15 55555555" in page
        with stewardship():
            run = PaymentRun.objects.get()
        assert run.frozen_sha256[:12] in page

    def test_knows_the_account_of_last_time(self, house, officer):
        prepare(house)
        due(house)
        page = text(officer.get(reverse("payment-run-prepare")))
        assert 'value="55555555"' in page

    @pytest.mark.parametrize(
        ("facts", "words", "status"),
        [
            ({"payer_account_number": "1"}, "Check the sort code and the account number", 422),
            ({"payer_name": ""}, "Enter the name on the account", 422),
            ({"pay_on-year": "2001"}, "Choose today or a later day", 422),
            ({"pay_on-day": ""}, "must include a day", 422),
            ({"due_by_on": "no"}, "There is a problem", 422),
        ],
    )
    def test_says_what_is_wrong(self, house, officer, facts, words, status):
        due(house)
        answer = officer.post(reverse("payment-run-prepare"), preparation(**facts))
        assert (answer.status_code, words in text(answer)) == (status, True)

    def test_refuses_when_nothing_is_due(self, house, officer):
        answer = officer.post(reverse("payment-run-prepare"), preparation())
        assert answer.status_code == 409
        assert "No approved invoice is due" in text(answer)

    @pytest.mark.parametrize("role", ["finance", "auditor", "buyer", "administrator"])
    def test_is_for_payments_officers(self, house, role):
        assert reader(house, role).get(reverse("payment-run-prepare")).status_code == 403


class TestTheList:
    def test_shows_runs_and_narrows_them(self, house, officer):
        run = prepare(house)
        page = text(officer.get(reverse("payment-runs")))
        assert run.number in page
        assert "Waiting for a second person" in page
        assert "No payment run is in this state" in text(
            officer.get(reverse("payment-runs"), {"status": "SETTLED"})
        )

    def test_says_whose_bank_details_wait(self, house, officer):
        payments.account(payments.supplier(house.council))
        assert "1 supplier has bank details of which nobody" in text(
            officer.get(reverse("payment-runs"))
        )

    def test_an_empty_one_says_what_to_do(self, house, officer):
        assert "Nothing has been paid from here yet" in text(officer.get(reverse("payment-runs")))
        assert "A payments officer prepares" in text(
            reader(house, "finance").get(reverse("payment-runs"))
        )


class TestTheHomePage:
    def test_shows_runs_in_hand_to_those_who_pay(self, house, officer, checker):
        assert "See what is due" in text(officer.get("/home/"))
        run = prepare(house)
        for each in (officer, checker, reader(house, "finance")):
            page = text(each.get("/home/"))
            assert run.number in page
            assert "Waiting for a second person" in page
        assert run.number not in text(reader(house, "buyer").get("/home/"))
        with house.acting():
            void_run(run_id=run.pk, person=house.finance, reason="No", at=timezone.now())
        assert run.number not in text(officer.get("/home/"))


class TestTheRun:
    def test_shows_whole_accounts_to_those_who_pay_and_the_ending_to_others(self, house, officer):
        run = prepare(house)
        number = house.account.account_number
        address = reverse("payment-run", args=[run.pk])
        for whole in (officer, reader(house, "finance")):
            assert number in text(whole.get(address))
        page = text(reader(house, "auditor").get(address))
        assert number not in page
        assert "55555555" not in page
        assert f"••••{number[-4:]}" in page

    def test_shows_bank_details_that_changed_of_late(self, house, officer):
        run = prepare(house)
        address = reverse("payment-run", args=[run.pk])
        assert "No supplier in this run has changed" in text(officer.get(address))
        changed = payments.account(house.supplier, added_at=timezone.now(), added_by_name="Rob")
        page = text(officer.get(address))
        assert (house.account.reference in page, changed.reference in page) == (True, True)
        assert "After this run was prepared" in page
        assert "given for the first time" not in page

    def test_shows_first_bank_details_apart(self, house, officer):
        new = payments.supplier(house.council, name="New Ltd")
        payments.confirmed(house.council, payments.account(new, added_at=timezone.now()))
        due(house, ["10.00"], supplier=new)
        page = text(officer.get(reverse("payment-run", args=[prepare(house).pk])))
        assert "given for the first time" in page
        assert "No supplier in this run has changed" in page

    def test_says_who_can_be_the_second_person(self, house, officer, checker):
        run = prepare(house)
        address = reverse("payment-run", args=[run.pk])
        page = text(officer.get(address))
        assert "You cannot approve it: You prepared it." in page
        assert "These can: Cher Checker, Fay Finance." in page
        assert "Check and approve" in text(checker.get(address))

    def test_names_what_is_paid_late(self, house, officer):
        payments.invoice(house, pay_by_on=timezone.localdate() - timedelta(days=1))
        run = prepare(house)
        assert "1 invoice is paid late" in text(officer.get(reverse("payment-run", args=[run.pk])))

    def test_offers_each_what_they_may_do(self, house, officer, checker):
        run = prepare(house)
        address = reverse("payment-run", args=[run.pk])
        assert "Check and approve" not in text(officer.get(address))
        assert "Check and approve" in text(checker.get(address))
        page = text(reader(house, "auditor").get(address))
        for words in ("Check and approve", "Give it up", "Make the file"):
            assert words not in page

    def test_of_another_council_is_missing(self, house, officer):
        other = payments.house()
        run = prepare(other)
        for name in ("payment-run", "payment-run-approve", "payment-run-give-up",
                     "payment-run-settle"):  # fmt: skip
            assert officer.get(reverse(name, args=[run.pk])).status_code == 404
        for name in ("payment-run-export", "payment-run-file"):
            assert officer.post(reverse(name, args=[run.pk])).status_code == 404
        with stewardship():
            payment = Payment.objects.get()
        assert officer.get(reverse("payment-fail", args=[payment.pk])).status_code == 404


class TestTheDeeds:
    def test_from_approval_to_the_bank(self, house, officer, checker, monkeypatch):
        run = prepare(house)
        address = reverse("payment-run-approve", args=[run.pk])
        page = text(checker.get(address))
        assert run.frozen_sha256[:12] in page
        page = text(checker.post(address, {"frozen_sha256": run.frozen_sha256}, follow=True))
        assert "is approved" in page
        page = text(officer.post(reverse("payment-run-export", args=[run.pk]), follow=True))
        assert "Download it and give it to your bank" in page
        files = [officer.post(reverse("payment-run-file", args=[run.pk])) for _ in range(2)]
        assert files[0].content == files[1].content
        assert files[0]["Content-Disposition"] == f'attachment; filename="{run.number}.xml"'
        assert files[0]["Cache-Control"] == "private, no-store"
        with stewardship():
            assert Event.objects.filter(verb="payment-run.file-handed-out").count() == 2
        its_day = day_of("settled_on", run.pay_on)
        noon = noon_of(run.pay_on)
        monkeypatch.setattr(timezone, "now", lambda: noon)
        officer = browser(house.preparer)
        page = text(
            officer.post(reverse("payment-run-settle", args=[run.pk]), its_day, follow=True)
        )
        assert "is paid by the bank" in page

    def test_the_preparer_is_told_why_not(self, house, officer):
        run = prepare(house)
        answer = officer.post(
            reverse("payment-run-approve", args=[run.pk]), {"frozen_sha256": run.frozen_sha256}
        )
        assert answer.status_code == 403
        assert "You prepared it." in text(answer)

    def test_what_was_not_read_is_not_approved(self, house, checker):
        run = prepare(house)
        address = reverse("payment-run-approve", args=[run.pk])
        answer = checker.post(address, {"frozen_sha256": "0" * 64})
        assert answer.status_code == 409
        assert "not the payment run that you read" in text(answer)
        assert checker.post(address, {}).status_code == 422

    def test_is_given_up_with_a_reason(self, house, officer):
        run = prepare(house)
        address = reverse("payment-run-give-up", args=[run.pk])
        assert "Enter why you give it up" in text(officer.post(address, {"reason": ""}))
        page = text(officer.post(address, {"reason": "Wrong day."}, follow=True))
        assert "is given up" in page
        assert "Wrong day." in page
        assert "cannot be given up any more" in text(officer.get(address))
        assert officer.post(address, {"reason": "Again."}).status_code == 409

    def test_a_file_is_made_once(self, house, officer):
        run = approved(house)
        address = reverse("payment-run-export", args=[run.pk])
        assert officer.post(address).status_code == 302
        assert officer.post(address).status_code == 409
        assert officer.get(address).status_code == 405

    @pytest.mark.parametrize("role", ["finance", "auditor", "buyer"])
    def test_the_file_is_for_payments_officers(self, house, role):
        run = approved(house)
        for name in ("payment-run-export", "payment-run-file"):
            answer = reader(house, role).post(reverse(name, args=[run.pk]))
            assert answer.status_code == 403

    def test_a_payment_came_back(self, house, officer):
        run = approved(house)
        with stewardship():
            payment = Payment.objects.get()
        address = reverse("payment-fail", args=[payment.pk])
        assert "has not been told of it yet" in text(officer.get(address))
        officer.post(reverse("payment-run-export", args=[run.pk]))
        assert "Enter why it came back" in text(officer.post(address, {"reason": ""}))
        facts = {**day_of("failed_on", timezone.localdate()), "reason": "AC04, account closed"}
        page = text(officer.post(address, facts, follow=True))
        assert "AC04, account closed" in page
        assert "It came back already" in text(officer.get(address))
        assert officer.post(address, facts).status_code == 409

    def test_the_bank_cannot_have_paid_tomorrow(self, house, officer):
        run = approved(house)
        officer.post(reverse("payment-run-export", args=[run.pk]))
        tomorrow = timezone.localdate() + timedelta(days=1)
        answer = officer.post(
            reverse("payment-run-settle", args=[run.pk]), day_of("settled_on", tomorrow)
        )
        assert answer.status_code == 422
        assert "Choose today or an earlier day" in text(answer)


@pytest.mark.parametrize("name", ["payment-runs", "payees", "payment-run-prepare", "payment-run"])
def test_pages_ask_no_more_for_more_rows(house, officer, name):
    counts = []
    for _round in range(2):
        for _each in range(4):
            due(house, [10, 10], supplier=payments.payee(house.council))
        run = prepare(house)
        due(house, [5, 5])
        due(house, [5], supplier=payments.payee(house.council))
        address = reverse(name, args=[run.pk] if name == "payment-run" else [])
        officer.get(address)  # the first page of a session notes that it is in use
        with CaptureQueriesContext(connection) as asked:
            assert officer.get(address).status_code == 200
        counts.append(len(asked))
    assert counts[0] == counts[1]


def test_letters_point_to_pages():
    with stewardship():
        key = payments.house().account.pk
    assert links.payees_link() == reverse("payees")
    assert links.supplier_accounts_link() == reverse("supplier-accounts")
    assert links.supplier_payment_link(key) == reverse("supplier-payment", args=[key])
