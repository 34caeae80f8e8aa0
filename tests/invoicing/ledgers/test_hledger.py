"""Journals before two strangers' programs, and what they must catch."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given, settings

from invoicing.ledgers.hledger import write_hledger
from invoicing.ledgers.journals import Kind, LedgerAccount
from tests.invoicing.ledgers import making

JUDGES = {
    "hledger": (
        "hledger", "check", "-s", "-f", "-", "balancednoautoconversion", "assertions", "accounts",
        "commodities",
    ),
    "ledger": ("ledger", "--pedantic", "-f", "-", "--args-only", "balance"),
}  # fmt: skip
judged = pytest.mark.parametrize(
    "judge",
    [
        pytest.param(
            name,
            marks=pytest.mark.skipif(
                shutil.which(name) is None, reason=f"The program {name} is not installed here."
            ),
        )
        for name in JUDGES
    ],
)


def verdict(judge, content):
    """What a program says of a file: nothing if it agrees."""
    done = subprocess.run(
        JUDGES[judge], input=content, capture_output=True, timeout=60, check=False,
        env={"LC_ALL": "C.UTF-8", "PATH": "/usr/bin:/bin:/usr/local/bin"},
    )  # fmt: skip
    return "" if done.returncode == 0 else done.stderr.decode() or "refused"


def write(journals, accounts=None):
    return write_hledger(journals, accounts or making.ACCOUNTS, closed_on=making.CLOSED_ON)


@judged
@settings(max_examples=20)
@given(journals=making.journals())
def test_strangers_agree_with_whatever_is_posted(judge, journals):
    assert verdict(judge, write(journals)) == ""


@judged
def test_strangers_agree_with_nothing(judge):
    assert verdict(judge, write([])) == ""


@judged
class TestStrangersSee:
    @pytest.fixture
    def content(self):
        return write([making.journal(number) for number in (1, 2, 3)])

    @pytest.fixture
    def entry(self):
        (entry,) = [
            part for part in write([making.journal(2)]).split(b"\n\n") if b"J26-000002" in part
        ]
        return entry + b"\n\n"

    def changed(self, content, old, new, count=1):
        assert old in content
        return content.replace(old, new, count)

    def test_a_penny_off(self, judge, content):
        assert verdict(judge, content) == ""
        assert verdict(judge, self.changed(content, b"GBP 120.00", b"GBP 120.01"))

    def test_a_part_of_a_penny_off(self, judge, content):
        assert verdict(judge, self.changed(content, b"GBP 120.00", b"GBP 120.000001"))

    def test_a_dropped_journal(self, judge, content, entry):
        assert verdict(judge, self.changed(content, entry, b""))

    def test_a_doubled_journal(self, judge, content, entry):
        assert verdict(judge, self.changed(content, entry, entry * 2))

    def test_a_wrong_supplier(self, judge, content):
        changed = self.changed(content, b"    liabilities:2100:S1  GBP -120.00\n",
                               b"    liabilities:2100:S2  GBP -120.00\n")  # fmt: skip
        assert verdict(judge, changed)

    def test_an_account_that_nobody_declared(self, judge, content):
        assert verdict(judge, self.changed(content, b"account expenses:5023:C100\n", b""))


def test_a_line_on_an_account_that_is_not_given_is_refused():
    with pytest.raises(KeyError):
        write([making.journal(1)], making.ACCOUNTS[:1])


def test_texts_cannot_make_entries_of_their_own():
    evil = replace(
        making.journal(1), narrative="x\n2026-04-01 y\n    (assets:1700)  GBP 1.00\n",
        document_reference="; \n= 2026", reference="J26)\n(",
    )  # fmt: skip
    content = write([evil]).decode()
    assert len([each for each in content.splitlines() if each.startswith("2026-04-01")]) == 1
    assert "(assets" not in content


def test_the_closing_balance_is_each_accounts_sum():
    content = write([making.journal(number) for number in (1, 2)]).decode()
    assert "    expenses:5023:C100  GBP 0.00 = GBP 240.00\n" in content
    assert "    liabilities:2100:S1  GBP 0.00 = GBP -240.00\n" in content


def test_accounts_are_declared_once():
    accounts = [LedgerAccount("1", "A", Kind.ASSET), LedgerAccount("1", "A", Kind.ASSET)]
    lines = making.line(1, "1", "5.00"), making.line(2, "1", "-5.00")
    content = write([making.journal(1, *lines)], accounts).decode()
    assert content.count("account assets:1\n") == 1
    assert "GBP 0.00 = GBP 0.00" in content
    assert Decimal("5.00") == lines[0].net_amount
