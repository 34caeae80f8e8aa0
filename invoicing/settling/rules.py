"""What an approved invoice comes to in double entry. Pure: asks nobody, posts nothing.

Goods that came stand as received and not invoiced, at the order's price. The invoice takes that
down, line by line, by the share of the order's line that is billed now; what it asks more or less
than that is spent, or saved, by the line's own coding. So a line that is billed in parts comes to
the order's price to the penny, whatever each part was rounded to.
A credit note is the same the other way round.
Source: money that is owed is recognised when goods come (accruals, CIPFA Code); GR/IR clearing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from uuid import UUID

from marketplace.core.money import Money
from marketplace.ledger.rules import Posting
from marketplace.ledger.states import AccountRole

NOUGHT = Decimal("0.00")
PENNY = Decimal("0.01")
Coding = tuple[UUID, UUID]


@dataclass(frozen=True, slots=True)
class BilledShare:
    """How much of one line of an order is billed by one invoice.

    Shapes: `before` is what invoices that were approved earlier billed of it.
    `reversed_amount` is what of `amount` leaves its VAT to the council to account for, at the rate
    of the order's line, `vat_percent`.
    Units: `quantity` and amounts are below nought where they take back; GBP, net; percent.
    """

    order_line_id: UUID
    coding: Coding
    ordered_quantity: Decimal
    ordered_amount: Decimal
    before: Decimal
    quantity: Decimal
    amount: Decimal
    reversed_amount: Decimal = NOUGHT
    vat_percent: Decimal = NOUGHT

    @property
    def worth(self) -> Decimal:
        """Return what is billed now at the order's price, as a share of the whole line."""
        return self._worth_of(self.before + self.quantity) - self._worth_of(self.before)

    def _worth_of(self, quantity: Decimal) -> Decimal:
        counted = max(min(quantity, self.ordered_quantity), Decimal(0))
        return Money.rounded(self.ordered_amount * counted / self.ordered_quantity).amount


@dataclass(frozen=True, slots=True)
class Stated:
    """What an invoice states, signed: below nought all through for a credit note. Units: GBP."""

    net_amount: Decimal
    vat_amount: Decimal
    gross_amount: Decimal
    payable_amount: Decimal

    @property
    def rounding_amount(self) -> Decimal:
        """Return what it asks more or less than its gross (BT-114, and BT-113 taken off)."""
        return self.payable_amount - self.gross_amount


@dataclass(frozen=True, slots=True)
class Draft:
    """The sides of an invoice's journal while they are gathered, debits above nought."""

    supplier_id: UUID
    accounts: Mapping[AccountRole, UUID]
    sums: dict[tuple[UUID, UUID | None, UUID | None], Decimal] = field(default_factory=dict)

    def add(
        self,
        account_id: UUID,
        amount: Decimal,
        cost_centre_id: UUID | None = None,
        source_line_id: UUID | None = None,
    ) -> None:
        key = (account_id, cost_centre_id, source_line_id)
        self.sums[key] = self.sums.get(key, NOUGHT) + amount

    def postings(self) -> list[Posting]:
        """Return what is not nought, in the order in which it was gathered."""
        sheet = {self.accounts[AccountRole.RECEIPTS], self.accounts[AccountRole.CREDITORS]}
        return [
            Posting(
                account_id=account_id,
                debit_amount=max(amount, NOUGHT),
                credit_amount=max(-amount, NOUGHT),
                cost_centre_id=cost_centre_id,
                supplier_id=self.supplier_id if account_id in sheet else None,
                source_line_id=source_line_id,
            )
            for (account_id, cost_centre_id, source_line_id), amount in self.sums.items()
            if amount
        ]


def uncoded_amount(stated: Stated, shares: Iterable[BilledShare]) -> Decimal:
    """Return what an invoice asks beyond what it bills of an order: charges, lines not ordered.

    Why: it has no coding of its own, so somebody has to say who pays it.
    """
    return stated.net_amount - sum((each.amount for each in shares), NOUGHT)


def beyond_amount(stated: Stated, shares: Sequence[BilledShare]) -> Decimal:
    """Return by how much an invoice is off what its order says, above nought.

    Shapes: what it asks more does not make up for what it asks less elsewhere, nor the other way
    round; the larger of the two counts. A penny a line is free, since parts are rounded.
    Units: GBP, net.
    Why: whoever approved the order approved that price and no more.
    """
    parts = [each.amount - each.worth for each in shares]
    parts = [part for part in parts if abs(part) > PENNY]
    parts.append(uncoded_amount(stated, shares))
    more = sum((part for part in parts if part > 0), NOUGHT)
    less = sum((-part for part in parts if part < 0), NOUGHT)
    return max(more, less)


def beyond_by_coding(
    stated: Stated, shares: Sequence[BilledShare], coding: Coding | None
) -> dict[Coding, Decimal]:
    """Return what an invoice takes from budgets beyond what its order took, by coding.

    Shapes: above nought only; `coding` bears what has none of its own. Units: GBP, net.
    Why: what was ordered has been promised by a budget; the rest has been asked of none.
    """
    found: dict[Coding, Decimal] = {}
    for each in shares:
        found[each.coding] = found.get(each.coding, NOUGHT) + each.amount - each.worth
    if coding is not None:
        found[coding] = found.get(coding, NOUGHT) + uncoded_amount(stated, shares)
    return {each: amount for each, amount in found.items() if amount > 0}


def postings_of(
    stated: Stated,
    shares: Sequence[BilledShare],
    *,
    supplier_id: UUID,
    accounts: Mapping[AccountRole, UUID],
    coding: Coding | None,
) -> list[Posting]:
    """Return the sides of an invoice's journal; none of an invoice that comes to nothing.

    Shapes: `coding` (cost centre, account) bears what has none of its own, and the pennies of
    rounding; None where there is neither.
    Why: see the module.
    """
    draft = Draft(supplier_id, accounts)
    for each in shares:
        centre_id, account_id = each.coding
        draft.add(accounts[AccountRole.RECEIPTS], each.worth, None, each.order_line_id)
        draft.add(account_id, each.amount - each.worth, centre_id, each.order_line_id)
    if coding is not None:
        centre_id, account_id = coding
        draft.add(account_id, uncoded_amount(stated, shares), centre_id)
        if stated.rounding_amount:
            draft.add(accounts[AccountRole.ROUNDING], stated.rounding_amount, centre_id)
    reversed_vat = reverse_charge(shares)
    draft.add(accounts[AccountRole.VAT_INPUT], stated.vat_amount + reversed_vat)
    if reversed_vat:
        draft.add(accounts[AccountRole.VAT_REVERSE_CHARGE], -reversed_vat)
    draft.add(accounts[AccountRole.CREDITORS], -stated.payable_amount)
    return draft.postings()


def reverse_charge(shares: Iterable[BilledShare]) -> Decimal:
    """Return the VAT that the council accounts for itself, and gets back. Units: GBP.

    Source: VATA 1994 s.55A (who is supplied accounts for the tax, at the rate of the supply) and
    s.33 (a council gets back what it bears); rounded once a rate, as BR-CO-17 has it.
    """
    nets: dict[Decimal, Decimal] = {}
    for each in shares:
        nets[each.vat_percent] = nets.get(each.vat_percent, NOUGHT) + each.reversed_amount
    return sum((Money.rounded(net * rate / 100).amount for rate, net in nets.items()), NOUGHT)


def roles_needed(stated: Stated, shares: Sequence[BilledShare]) -> list[AccountRole]:
    """Return which parts have to have an account before an invoice can be posted.

    Why: a council that never sees a rounded invoice, or a reverse charge, need not choose an
    account for it.
    """
    needed = [AccountRole.RECEIPTS, AccountRole.CREDITORS, AccountRole.VAT_INPUT]
    if stated.rounding_amount:
        needed.append(AccountRole.ROUNDING)
    if reverse_charge(shares):
        needed.append(AccountRole.VAT_REVERSE_CHARGE)
    return needed
