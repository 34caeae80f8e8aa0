"""Paying suppliers by program: the same services, the same refusals."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, time
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from invoicing.models import Payment
from invoicing.payments.bank_days import next_bank_day
from marketplace.core.dates import financial_year
from marketplace.core.tenancy import stewardship
from marketplace.organisations.models import Membership
from tests.access.world import token_for
from tests.factories import ledger, organisations, payments

pytestmark = pytest.mark.django_db


@pytest.fixture
def house():
    made = payments.house()
    if financial_year(timezone.localdate()) != 2026:
        ledger.year(made.council, financial_year(timezone.localdate()))
    return made


class Program:
    """A client that calls with somebody's token."""

    def __init__(self, actor):
        with stewardship():
            membership = Membership.objects.select_related("organisation").get(
                pk=actor.membership_id
            )
            self.bearer = token_for(membership)

    def call(self, method, name, *args, body=None, query="", key=""):
        headers = {"authorization": f"Bearer {self.bearer}"}
        if method == "POST":
            headers["idempotency-key"] = key or str(uuid4())
        return Client().generic(
            method, reverse(name, args=args) + query, json.dumps(body or {}),
            content_type="application/json", headers=headers,
        )  # fmt: skip

    def get(self, name, *args, **facts):
        return self.call("GET", name, *args, **facts)

    def post(self, name, *args, **facts):
        return self.call("POST", name, *args, **facts)


@pytest.fixture
def officer(house):
    return Program(house.preparer)


@pytest.fixture
def checker(house):
    return Program(house.checker)


def due(house, amounts=("120.00",), **facts):
    return payments.invoices(house, amounts, pay_by_on=timezone.localdate(), **facts)


def preparation(**facts):
    today = timezone.localdate()
    return {
        "due_by_on": today.isoformat(), "pay_on": next_bank_day(today).isoformat(),
        "payer_name": "Ambridge Council", "payer_sort_code": "202015",
        "payer_account_number": "55555555", **facts,
    }  # fmt: skip


def run_of(officer, house):
    due(house)
    return officer.post("api-payment-runs", body=preparation()).json()


def test_a_run_from_what_is_due_to_the_bank(house, officer, checker, monkeypatch):
    invoice, credit = due(house, ["120.00", "-20.00"])
    unsure = payments.supplier(house.council)
    due(house, ["7.00"], supplier=unsure)
    told = officer.get("api-payment-runs-due").json()
    assert told["total_amount"] == "100.00"
    assert told["paid"] == [
        {"supplier_id": str(house.supplier.pk), "amount": "100.00", "documents_count": 2}
    ]
    assert [each["why"] for each in told["left_out"]] == ["NO_ACCOUNT"]

    made = officer.post("api-payment-runs", body=preparation(), key="once")
    assert made.status_code == 201
    run = made.json()
    assert (run["status"], run["total_amount"]) == ("PREPARED", "100.00")
    assert run["payer_account"] == "••••5555"
    again = officer.post("api-payment-runs", body=preparation(), key="once")
    assert again.json()["id"] == run["id"]

    body = {"frozen_sha256": run["frozen_sha256"]}
    refused = officer.post("api-payment-run-approve", run["id"], body=body)
    assert refused.status_code == 403
    assert refused.json()["type"] == "/problems/payment-run.second-person-needed/"
    approved = checker.post("api-payment-run-approve", run["id"], body=body)
    assert approved.json()["status"] == "APPROVED"

    assert officer.get("api-payment-run-file", run["id"]).status_code == 404
    exported = officer.post("api-payment-run-export", run["id"])
    assert exported.json()["status"] == "EXPORTED"
    file = officer.get("api-payment-run-file", run["id"])
    assert house.account.account_number.encode() in file.content
    assert file.content == officer.get("api-payment-run-file", run["id"]).content
    assert Program(house.finance).get("api-payment-run-file", run["id"]).status_code == 403

    (payment,) = officer.get("api-payment-run-payments", run["id"]).json()["results"]
    assert payment["account"] == house.account.reference
    assert [each["number"] for each in payment["documents"]] == [invoice.number, credit.number]
    facts = {"failed_on": timezone.localdate().isoformat(), "reason": "AC04"}
    failed = officer.post("api-payment-fail", payment["id"], body=facts)
    assert failed.json()["failed_reason"] == "AC04"

    its_day = date.fromisoformat(run["pay_on"])
    now = max(timezone.now(), datetime.combine(its_day, time(12), tzinfo=UTC))
    monkeypatch.setattr(timezone, "now", lambda: now)
    settled = officer.post("api-payment-run-settle", run["id"], body={"settled_on": run["pay_on"]})
    assert settled.json()["status"] == "SETTLED"
    listed = officer.get("api-payment-runs", query="?status=SETTLED").json()["results"]
    assert [each["number"] for each in listed] == [run["number"]]
    assert officer.get("api-payment-run", run["id"]).json()["status"] == "SETTLED"


def test_no_answer_but_the_file_has_a_whole_account_number(house, officer):
    run = run_of(officer, house)
    for answer in (
        officer.get("api-payment-run", run["id"]), officer.get("api-payment-runs"),
        officer.get("api-payment-run-payments", run["id"]), officer.get("api-payments"),
        officer.get("api-payees"),
    ):  # fmt: skip
        assert answer.status_code == 200
        assert house.account.account_number not in answer.content.decode()
        assert "55555555" not in answer.content.decode()


def test_a_run_is_given_up(house, officer):
    run = run_of(officer, house)
    empty = officer.post("api-payment-run-cancel", run["id"], body={"reason": " "})
    assert empty.status_code == 422
    done = officer.post("api-payment-run-cancel", run["id"], body={"reason": "Wrong"})
    assert (done.json()["status"], done.json()["void_reason"]) == ("VOID", "Wrong")
    again = officer.post("api-payment-run-cancel", run["id"], body={"reason": "Wrong"})
    assert again.status_code == 409


def test_what_is_wrong_is_pointed_at(house, officer):
    due(house)
    answer = officer.post("api-payment-runs", body=preparation(payer_account_number="1"))
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == "#/payer_account_number"


def test_accounts_are_listed_and_made_sure_of(house, officer):
    account = payments.account(house.supplier)
    open_ones = officer.get("api-payees", query="?only_unconfirmed=true").json()["results"]
    assert [each["id"] for each in open_ones] == [str(account.pk)]
    body = {"spoke_to": "Sal", "spoke_by": "Phone"}
    done = officer.post("api-payee-confirm", account.pk, body=body)
    assert (done.status_code, done.json()["account_id"]) == (201, str(account.pk))
    again = officer.post("api-payee-confirm", account.pk, body=body)
    assert again.json()["type"] == "/problems/supplier-account.confirmed-before/"
    assert officer.get("api-payees", query="?only_unconfirmed=true").json()["results"] == []


def test_a_supplier_reads_what_it_was_paid(house):
    (invoice,) = payments.invoices(house, ["120.00"])
    with house.acting():
        payments.approved(house)
    seller = Program(house.seller)
    assert seller.get("api-payments").json()["results"] == []
    with house.acting():
        run = payments.PaymentRun.objects.get()
        payments.export_run(run_id=run.pk, payments=house.preparer, at=payments.NOON)
    (payment,) = seller.get("api-payments").json()["results"]
    assert (payment["amount"], payment["council"]) == ("120.00", "Ambridge Council")
    assert [each["number"] for each in payment["documents"]] == [invoice.number]
    other = Program(organisations.actor(organisations.supplier()))
    assert other.get("api-payments").json()["results"] == []


def test_another_councils_is_missing(house):
    stranger = Program(organisations.actor(organisations.council(), "payments"))
    payments.invoice(house)
    with house.acting():
        run = payments.prepared(house)
        payment = Payment.objects.get()
    body = {"frozen_sha256": run.frozen_sha256}
    assert stranger.get("api-payment-run", run.pk).status_code == 404
    assert stranger.get("api-payment-run-payments", run.pk).status_code == 404
    assert stranger.post("api-payment-run-approve", run.pk, body=body).status_code == 404
    facts = {"failed_on": timezone.localdate().isoformat(), "reason": "AC04"}
    assert stranger.post("api-payment-fail", payment.pk, body=facts).status_code == 404
    confirm = {"spoke_to": "a", "spoke_by": "b"}
    assert stranger.post("api-payee-confirm", house.account.pk, body=confirm).status_code == 404


@pytest.mark.parametrize("name", ["api-payments", "api-payees", "api-payment-runs"])
def test_lists_ask_no_more_for_more_rows(house, officer, name):
    counts = []
    for _round in range(2):
        for _each in range(4):
            due(house, [10, 5], supplier=payments.payee(house.council))
        run_of(officer, house)
        with CaptureQueriesContext(connection) as asked:
            assert officer.get(name).status_code == 200
        counts.append(len(asked))
    assert counts[0] == counts[1]
