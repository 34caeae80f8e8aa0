"""The payment file at a stranger's bank, which decides on each payment."""

from __future__ import annotations

from dataclasses import replace

import pytest
from mockbank import accounts
from mockbank.server import Config
from mockbank.state import State

from invoicing.payments.accounts import BankAccount
from invoicing.payments.pain001 import write_pain001
from tests.invoicing.payments import making

SHUT = BankAccount("Shut Ltd", iban="GB94BARC10201530093459")


@pytest.fixture
def bank():
    """A bank that knows the council's account, and one that was closed."""
    state = State(Config(clock="2026-11-23T10:00"))
    for name, iban, facts in (
        ("COUNCIL", making.COUNCIL.iban, {"balance": 100_000_00}),
        ("SHUT", SHUT.iban, {"behaviour": "closed-account"}),
    ):
        accounts.create(state.conn, name, {"name": name, "iban": iban, "currency": "GBP", **facts})
    yield state
    state.conn.close()


def send(bank, file):
    answer, _decision, findings = bank.receive(write_pain001(file).content)
    assert findings == []
    return answer


def test_takes_every_payment_by_our_reference(bank):
    file = making.file(making.batch(making.payment("A", "120.00"), making.payment("B", "0.01")))
    answer = send(bank, file)
    assert (answer["status"], answer["accepted"], answer["rejected"]) == ("ACCP", 2, 0)
    assert [(each["end_to_end_id"], each["amount"]) for each in answer["payments"]] == [
        ("A", 12000), ("B", 1),
    ]  # fmt: skip
    assert {each["settlement_date"] for each in answer["payments"]} == {"2026-11-26"}
    known = {each["end_to_end_id"]: each for each in accounts.payments(bank.conn)}
    assert known["A"]["creditor_name"] == "Chairs Ltd"
    assert known["A"]["creditor_clearing_id"] == "200000"


def test_turns_down_the_one_whose_account_is_closed(bank):
    shut = making.payment("B", "77.77", payee=SHUT)
    answer = send(bank, making.file(making.batch(making.payment("A"), shut)))
    assert answer["status"] == "PART"
    assert [(each["outcome"], each["reason"]) for each in answer["payments"]] == [
        ("accepted", None), ("rejected", "AC04"),
    ]  # fmt: skip


def test_turns_down_the_same_file_again(bank):
    file = making.file()
    assert send(bank, file)["status"] == "ACCP"
    again = send(bank, file)
    assert (again["status"], again["reason"]) == ("RJCT", "DUPL")
    assert send(bank, replace(file, message_id="RUN-26-000008"))["status"] == "ACCP"
