"""Double entry: journals, their lines, and which accounts play which part."""

from __future__ import annotations

from decimal import Decimal

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from marketplace.core.models import Row, TenantQuerySet
from marketplace.ledger.models.budgets import Budget
from marketplace.ledger.models.coding import Account, CostCentre, Period
from marketplace.ledger.states import ROLE_KINDS, AccountKind, AccountRole, JournalKind

NOUGHT = Decimal("0.00")

JOURNAL_KIND_LABELS = {
    JournalKind.RECEIPT: _("Goods received"),
    JournalKind.INVOICE: _("Invoice"),
    JournalKind.CREDIT_NOTE: _("Credit note"),
    JournalKind.PAYMENT: _("Payment"),
    JournalKind.BANK: _("Bank"),
    JournalKind.CARD: _("Card"),
    JournalKind.CORRECTION: _("Correction"),
}
ACCOUNT_ROLE_LABELS = {
    AccountRole.CREDITORS: _("Suppliers that we owe"),
    AccountRole.RECEIPTS: _("Goods received that are not invoiced yet"),
    AccountRole.VAT_INPUT: _("VAT that we get back"),
    AccountRole.VAT_REVERSE_CHARGE: _("VAT that we owe by the reverse charge"),
    AccountRole.CASH_IN_TRANSIT: _("Payments that the bank has not made yet"),
    AccountRole.BANK: _("Bank"),
    AccountRole.CARD_CLEARING: _("Card payments that are not settled yet"),
    AccountRole.PRICE_VARIANCE: _("Invoices that differ from the order’s price"),
    AccountRole.ROUNDING: _("Pennies lost or won by rounding"),
    AccountRole.LATE_PAYMENT: _("Interest and compensation for paying late"),
}
_EXPENSE_ROLES = [role.value for role, kind in ROLE_KINDS.items() if kind == AccountKind.EXPENSE]


class ControlAccount(Row):
    """Which of a council's accounts plays a part in what the product posts by itself.

    What stands on an account of the balance sheet is explained by what it is for (what is owed to
    suppliers, say), so such an account plays one part only.
    """

    tenant_columns = ("council_id",)

    council = models.ForeignKey("organisations.Organisation", models.PROTECT, related_name="+")
    role = models.CharField(
        max_length=20, choices=[(each.value, label) for each, label in ACCOUNT_ROLE_LABELS.items()]
    )
    account = models.ForeignKey(Account, models.PROTECT, related_name="+")

    objects = TenantQuerySet["ControlAccount"].as_manager()

    class Meta:
        verbose_name = _("control account")
        constraints = [
            models.UniqueConstraint(fields=["council", "role"], name="controlaccount_one_a_part"),
            models.UniqueConstraint(
                fields=["account"],
                condition=~Q(role__in=_EXPENSE_ROLES),
                name="controlaccount_one_part_an_account",
            ),
            models.CheckConstraint(
                name="controlaccount_role_known",
                condition=Q(role__in=[each.value for each in AccountRole]),
            ),
        ]


class Journal(Row):
    """One event in double entry; added and never changed.

    `event_key` says which event it was: one event makes one journal, however often it is told.
    `dated_on` is the day in whose period it counts, `document_on` the day on the document, which
    may lie in a period that was closed before the document came. `lines_count` and `total_amount`
    are fixed when it is posted: the database lets it be kept only with so many lines, whose debits
    and credits each come to that total.
    Units: GBP.
    """

    tenant_columns = ("council_id",)

    council = models.ForeignKey(
        "organisations.Organisation", models.PROTECT, related_name="+", db_index=False
    )
    financial_year = models.PositiveSmallIntegerField()
    number = models.PositiveIntegerField()
    period = models.ForeignKey(Period, models.PROTECT, related_name="+")
    dated_on = models.DateField()
    document_on = models.DateField()
    kind = models.CharField(
        max_length=12, choices=[(each.value, label) for each, label in JOURNAL_KIND_LABELS.items()]
    )
    event_key = models.CharField(max_length=120)
    reverses = models.ForeignKey(
        "self", models.PROTECT, null=True, related_name="reversals", db_index=False
    )
    document_type = models.CharField(max_length=40)
    document_id = models.UUIDField()
    document_reference = models.CharField(max_length=100, blank=True)
    narrative = models.CharField(max_length=200)
    lines_count = models.PositiveIntegerField()
    total_amount = models.DecimalField(max_digits=14, decimal_places=2)
    posted_at = models.DateTimeField()
    posted_by_id = models.UUIDField(null=True)
    posted_by_name = models.CharField(max_length=200, blank=True)

    objects = TenantQuerySet["Journal"].as_manager()

    class Meta:
        verbose_name = _("journal")
        constraints = [
            models.UniqueConstraint(
                fields=["council", "financial_year", "number"], name="journal_one_a_number"
            ),
            models.UniqueConstraint(fields=["council", "event_key"], name="journal_one_an_event"),
            models.UniqueConstraint(fields=["reverses"], name="journal_reversed_once"),
            models.CheckConstraint(
                name="journal_kind_known",
                condition=Q(kind__in=[each.value for each in JournalKind]),
            ),
            models.CheckConstraint(name="journal_says_its_event", condition=~Q(event_key="")),
            models.CheckConstraint(name="journal_number_from_one", condition=Q(number__gte=1)),
            models.CheckConstraint(
                name="journal_has_two_sides", condition=Q(lines_count__gte=2, total_amount__gt=0)
            ),
        ]
        indexes = [
            models.Index(fields=["council", "document_id"], name="journal_by_document"),
            models.Index(fields=["council", "dated_on"], name="journal_by_day"),
        ]

    @property
    def reference(self) -> str:
        return f"J{self.financial_year % 100:02d}-{self.number:06d}"


class JournalLine(Row):
    """One side of a journal: an amount on an account; added with its journal and never changed.

    A line on an expense account names its cost centre and the `budget` whose spending it changes,
    so what a budget says was spent is always the sum of its lines. `dated_on` is the journal's.
    Units: GBP; exactly one of the two amounts is above nought.
    """

    # References that the walls tie together with the council (same_tenant) have no second, weaker
    # constraint: a line is the row that there are most of, and each is checked as it is added.

    tenant_columns = ("council_id",)

    council = models.ForeignKey(
        "organisations.Organisation", models.PROTECT, related_name="+", db_index=False
    )
    journal = models.ForeignKey(
        Journal, models.PROTECT, related_name="lines", db_index=False, db_constraint=False
    )
    number = models.PositiveIntegerField()
    dated_on = models.DateField()
    account = models.ForeignKey(
        Account, models.PROTECT, related_name="+", db_index=False, db_constraint=False
    )
    cost_centre = models.ForeignKey(
        CostCentre,
        models.PROTECT,
        null=True,
        related_name="+",
        db_index=False,
        db_constraint=False,
    )
    budget = models.ForeignKey(
        Budget, models.PROTECT, null=True, related_name="+", db_index=False, db_constraint=False
    )
    supplier = models.ForeignKey(
        "organisations.Organisation", models.PROTECT, null=True, related_name="+", db_index=False
    )
    debit_amount = models.DecimalField(max_digits=14, decimal_places=2, default=NOUGHT)
    credit_amount = models.DecimalField(max_digits=14, decimal_places=2, default=NOUGHT)
    source_line_id = models.UUIDField(null=True)

    objects = TenantQuerySet["JournalLine"].as_manager()

    class Meta:
        verbose_name = _("journal line")
        constraints = [
            models.UniqueConstraint(fields=["journal", "number"], name="journalline_one_a_number"),
            models.CheckConstraint(name="journalline_number_from_one", condition=Q(number__gte=1)),
            models.CheckConstraint(
                name="journalline_debit_or_credit",
                condition=Q(debit_amount__gt=0, credit_amount=0)
                | Q(debit_amount=0, credit_amount__gt=0),
            ),
            models.CheckConstraint(
                name="journalline_budget_has_cost_centre",
                condition=Q(budget__isnull=True) | Q(cost_centre__isnull=False),
            ),
        ]
        indexes = [
            models.Index(
                fields=["council", "account", "dated_on", "id"],
                include=["debit_amount", "credit_amount"],
                name="journalline_by_account",
            ),
            models.Index(
                fields=["budget"],
                condition=Q(budget__isnull=False),
                include=["debit_amount", "credit_amount"],
                name="journalline_by_budget",
            ),
            models.Index(
                fields=["supplier", "account"],
                condition=Q(supplier__isnull=False),
                include=["debit_amount", "credit_amount"],
                name="journalline_by_supplier",
            ),
        ]

    @property
    def net_amount(self) -> Decimal:
        """Return debit less credit."""
        net: Decimal = self.debit_amount - self.credit_amount
        return net
