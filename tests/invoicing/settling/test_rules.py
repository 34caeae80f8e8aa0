"""What an approved invoice comes to in double entry."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from itertools import pairwise
from uuid import UUID, uuid5

from hypothesis import given
from hypothesis import strategies as st

from invoicing.settling.rules import (
    BilledShare,
    Stated,
    beyond_amount,
    beyond_by_coding,
    postings_of,
    reverse_charge,
    roles_needed,
    uncoded_amount,
)
from marketplace.ledger.rules import faults_of
from marketplace.ledger.states import AccountRole

SPACE = UUID(int=0)
SUPPLIER = uuid5(SPACE, "supplier")
ACCOUNTS = {role: uuid5(SPACE, role) for role in AccountRole}
CENTRE, ACCOUNT = uuid5(SPACE, "centre"), uuid5(SPACE, "account")
CODING = (CENTRE, ACCOUNT)
OTHER = (uuid5(SPACE, "other centre"), ACCOUNT)
LINE = uuid5(SPACE, "line")


def pounds(text: str) -> Decimal:
    return Decimal(text)


def share(quantity: str, amount: str, *, before: str = "0", ordered: str = "10", net: str = "100"):
    return BilledShare(
        order_line_id=LINE,
        coding=CODING,
        ordered_quantity=pounds(ordered),
        ordered_amount=pounds(net),
        before=pounds(before),
        quantity=pounds(quantity),
        amount=pounds(amount),
    )


def stated(net: str, vat: str = "0", payable: str | None = None) -> Stated:
    gross = pounds(net) + pounds(vat)
    return Stated(pounds(net), pounds(vat), gross, pounds(payable) if payable else gross)


def posted(its: Stated, shares, coding=None) -> dict[UUID, Decimal]:
    """What is posted on each account, debits above nought; the journal is checked on the way."""
    postings = postings_of(its, shares, supplier_id=SUPPLIER, accounts=ACCOUNTS, coding=coding)
    assert faults_of(postings) == []
    sums: dict[UUID, Decimal] = {}
    for each in postings:
        sums[each.account_id] = sums.get(each.account_id, Decimal(0)) + each.net_amount
    return sums


class TestPostingsOf:
    def test_an_invoice_takes_down_what_was_received_and_owes_the_supplier(self):
        assert posted(stated("100.00", "20.00"), [share("10", "100.00")]) == {
            ACCOUNTS[AccountRole.RECEIPTS]: pounds("100.00"),
            ACCOUNTS[AccountRole.VAT_INPUT]: pounds("20.00"),
            ACCOUNTS[AccountRole.CREDITORS]: pounds("-120.00"),
        }

    def test_what_it_asks_more_than_was_agreed_is_spent_by_the_lines_coding(self):
        assert posted(stated("105.00"), [share("10", "105.00")]) == {
            ACCOUNTS[AccountRole.RECEIPTS]: pounds("100.00"),
            ACCOUNT: pounds("5.00"),
            ACCOUNTS[AccountRole.CREDITORS]: pounds("-105.00"),
        }

    def test_what_it_asks_less_is_saved_there(self):
        assert posted(stated("99.00"), [share("10", "99.00")])[ACCOUNT] == pounds("-1.00")

    def test_what_is_billed_beyond_the_order_is_spent_and_not_taken_from_receipts(self):
        sums = posted(stated("120.00"), [share("12", "120.00")])
        assert sums[ACCOUNTS[AccountRole.RECEIPTS]] == pounds("100.00")
        assert sums[ACCOUNT] == pounds("20.00")

    def test_a_credit_note_is_the_same_the_other_way_round(self):
        given_back = posted(stated("-30.00", "-6.00"), [share("-3", "-30.00", before="10")])
        assert given_back == {
            ACCOUNTS[AccountRole.RECEIPTS]: pounds("-30.00"),
            ACCOUNTS[AccountRole.VAT_INPUT]: pounds("-6.00"),
            ACCOUNTS[AccountRole.CREDITORS]: pounds("36.00"),
        }

    def test_charges_go_to_the_coding_that_was_chosen_for_them(self):
        sums = posted(stated("112.50"), [share("10", "100.00")], coding=OTHER)
        assert sums[ACCOUNT] == pounds("12.50")

    def test_pennies_of_rounding_have_an_account_of_their_own(self):
        sums = posted(stated("100.10", payable="100.00"), [share("10", "100.10")], coding=CODING)
        assert sums[ACCOUNTS[AccountRole.ROUNDING]] == pounds("-0.10")
        assert sums[ACCOUNTS[AccountRole.CREDITORS]] == pounds("-100.00")

    def test_an_invoice_of_nothing_has_no_journal(self):
        free = [share("10", "0.00", net="0.00")]
        accounts = {"supplier_id": SUPPLIER, "accounts": ACCOUNTS, "coding": None}
        assert postings_of(stated("0.00"), free, **accounts) == []

    def test_what_is_owed_names_the_supplier_and_expenses_do_not(self):
        postings = postings_of(
            stated("105.00", "21.00"),
            [share("10", "105.00")],
            supplier_id=SUPPLIER,
            accounts=ACCOUNTS,
            coding=None,
        )
        named = {each.account_id for each in postings if each.supplier_id == SUPPLIER}
        assert named == {ACCOUNTS[AccountRole.RECEIPTS], ACCOUNTS[AccountRole.CREDITORS]}


class TestUncodedAmount:
    def test_it_is_what_no_line_of_the_order_is_billed_for(self):
        assert uncoded_amount(stated("112.50"), [share("10", "100.00")]) == pounds("12.50")

    def test_there_is_none_where_all_is_billed_of_the_order(self):
        assert uncoded_amount(stated("105.00"), [share("10", "105.00")]) == 0


class TestRolesNeeded:
    def test_an_account_for_pennies_is_wanted_only_where_there_are_some(self):
        assert AccountRole.ROUNDING not in roles_needed(stated("100.00"), [])
        assert AccountRole.ROUNDING in roles_needed(stated("100.10", payable="100.00"), [])

    def test_one_for_the_reverse_charge_only_where_there_is_one(self):
        reverse = replace(share("10", "100.00"), reversed_amount=pounds("100.00"), vat_percent=20)
        assert AccountRole.VAT_REVERSE_CHARGE not in roles_needed(
            stated("100.00"), [share("10", "100.00")]
        )
        assert AccountRole.VAT_REVERSE_CHARGE in roles_needed(stated("100.00"), [reverse])


class TestReverseCharge:
    """VAT that the council accounts for itself, and gets back: the supplier is owed the net."""

    reverse = replace(share("10", "100.00"), reversed_amount=pounds("100.00"), vat_percent=20)

    def test_both_sides_are_posted(self):
        assert posted(stated("100.00"), [self.reverse]) == {
            ACCOUNTS[AccountRole.RECEIPTS]: pounds("100.00"),
            ACCOUNTS[AccountRole.VAT_INPUT]: pounds("20.00"),
            ACCOUNTS[AccountRole.VAT_REVERSE_CHARGE]: pounds("-20.00"),
            ACCOUNTS[AccountRole.CREDITORS]: pounds("-100.00"),
        }

    def test_a_credit_note_takes_both_back(self):
        back = replace(self.reverse, before=pounds("10"), quantity=pounds("-10"),
                       amount=pounds("-100.00"), reversed_amount=pounds("-100.00"))  # fmt: skip
        sums = posted(stated("-100.00"), [back])
        assert sums[ACCOUNTS[AccountRole.VAT_INPUT]] == pounds("-20.00")
        assert sums[ACCOUNTS[AccountRole.VAT_REVERSE_CHARGE]] == pounds("20.00")

    def test_it_is_rounded_once_a_rate(self):
        third = replace(self.reverse, reversed_amount=pounds("0.33"))
        assert reverse_charge([third] * 3) == pounds("0.20")
        assert reverse_charge([third, replace(third, vat_percent=5)]) == pounds("0.09")
        assert reverse_charge([share("10", "100.00")]) == 0


class TestWorth:
    @given(
        ordered=st.integers(1, 1000),
        net=st.decimals(0, 100_000, places=2),
        cuts=st.lists(st.integers(0, 1000), max_size=8),
    )
    def test_a_line_billed_in_parts_comes_to_the_orders_price_to_the_penny(
        self, ordered, net, cuts
    ):
        edges = sorted({0, ordered, *(cut for cut in cuts if cut < ordered)})
        parts = [
            share(str(b - a), "0", before=str(a), ordered=str(ordered), net=str(net))
            for a, b in pairwise(edges)
        ]
        assert sum(part.worth for part in parts) == net

    def test_what_is_taken_back_and_billed_again_leaves_nothing(self):
        back = share("-3", "0", before="7", net="33.33")
        again = share("3", "0", before="4", net="33.33")
        assert back.worth + again.worth == 0


class TestBeyondTheOrder:
    def test_is_nothing_of_what_agrees(self):
        assert beyond_amount(stated("50"), [share("5", "50")]) == 0
        assert beyond_by_coding(stated("50"), [share("5", "50")], None) == {}

    def test_is_what_no_line_bears_and_what_lines_ask_more(self):
        its, shares = stated("130"), [share("5", "60")]
        assert beyond_amount(its, shares) == 80
        assert beyond_by_coding(its, shares, OTHER) == {CODING: 10, OTHER: 70}
        assert beyond_by_coding(its, shares, CODING) == {CODING: 80}

    def test_is_all_that_is_billed_beyond_the_order(self):
        assert beyond_amount(stated("120"), [share("12", "120")]) == 20

    def test_what_is_asked_less_does_not_make_up_for_it(self):
        assert beyond_amount(stated("100"), [share("5", "0")]) == 100
        assert beyond_amount(stated("20"), [share("5", "20")]) == 30

    def test_counts_what_is_given_back_too(self):
        its = stated("-500")
        assert beyond_amount(its, [share("-5", "-50", before="5")]) == 450
        assert beyond_by_coding(its, [share("-5", "-50", before="5")], OTHER) == {}

    def test_a_penny_of_rounding_is_free(self):
        third = share("1", "33.34", ordered="3", net="100")
        assert beyond_amount(stated("33.34"), [third]) == 0
        assert beyond_amount(stated("33.35"), [share("1", "33.35", ordered="3")]) == pounds("0.02")
