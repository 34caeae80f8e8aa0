"""What a bundle tells of: which rows belong to some days, and what is said of each.

What began in these days is in it with all that hangs on it: an order with its lines, an invoice
with what was found in it. Journals are taken by the day on which they count.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any, Final
from uuid import UUID

from django.db.models import Model, Q, QuerySet
from django.db.models.functions import Right

from invoicing.models import (
    AccountConfirmation,
    Allocation,
    Arrival,
    Choice,
    Finding,
    Invoice,
    InvoiceLine,
    InvoiceTax,
    LedgerExport,
    PaidInvoice,
    Payment,
    PaymentRun,
)
from marketplace.approvals.models import Case, Decision, Step
from marketplace.core.models import TenantQuerySet
from marketplace.core.periods import on_days
from marketplace.ledger.models import (
    Account,
    Budget,
    CommitmentEntry,
    CostCentre,
    Journal,
    JournalLine,
    Period,
)
from marketplace.ordering.models import (
    Order,
    OrderLine,
    Receipt,
    ReceiptLine,
    Requisition,
    RequisitionLine,
    Transmission,
)

SUPPLIER: Final = "supplier=supplier__slug supplier_name=supplier__name"
CODED: Final = "cost_centre=cost_centre__code account=account__code"
BOUGHT: Final = (
    f"line_number listing_id {SUPPLIER} part_number name category unit pack_size quantity"
    " unit_price vat_category vat_rate_percent net_amount"
)
VALUES: Final = "net_amount vat_amount gross_amount"
LAST_DIGITS: Final = 4


@dataclass(frozen=True, slots=True)
class Days:
    """From which day to which, both whole, in local time."""

    since: date
    until: date


@dataclass(frozen=True, slots=True)
class Subject:
    """One kind of row.

    Shapes: `columns` are names parted by blanks, each "name" or "name=path"; `sums` are those whose
    sum the manifest states; `instant` is the path to when it began, or `day` to the day on which it
    counts, and without either all rows are taken, as they are now.
    """

    name: str
    model: type[Model]
    columns: str
    instant: str = ""
    day: str = ""
    sums: str = ""
    also: dict[str, Any] | None = None
    reference: Callable[[dict[str, Any]], str] | None = None

    @property
    def names(self) -> list[str]:
        """Return the names of the columns."""
        own = [each.partition("=")[0] for each in self.columns.split()]
        return ["id", *own, *(["reference"] if self.reference else [])]

    @property
    def paths(self) -> list[str]:
        """Return the paths to the columns that are read."""
        return ["pk", *(each.rpartition("=")[2] for each in self.columns.split())]

    def rows(self, council_id: UUID, days: Days) -> QuerySet[Any]:
        """Return a council's rows of some days, in the order in which they were made."""
        found: TenantQuerySet[Any] = TenantQuerySet(self.model).of(council_id)
        chosen: QuerySet[Any] = found.annotate(**(self.also or {})).filter(self._within(days))
        return chosen.order_by("pk")

    def _within(self, days: Days) -> Q:
        if self.instant:
            return on_days(self.instant, days.since, days.until)
        if self.day:
            return Q(**{f"{self.day}__gte": days.since, f"{self.day}__lte": days.until})
        return Q()


def _journal_reference(row: dict[str, Any]) -> str:
    return Journal(financial_year=row["financial_year"], number=row["number"]).reference


SUBJECTS: Final = (
    Subject(
        "requisitions",
        Requisition,
        f"number title reason needed_by_on status raised_by_id raised_by_name {VALUES}"
        " content_hash created_at submitted_at approved_by_id approved_by_name approved_at"
        " rejected_by_id rejected_by_name rejected_at rejection_reason withdrawn_at",
        instant="submitted_at",
        sums=VALUES,
    ),
    Subject(
        "requisition_lines",
        RequisitionLine,
        f"requisition_id {BOUGHT} {CODED}",
        instant="requisition__submitted_at",
        sums="net_amount",
    ),
    Subject(
        "approval_cases",
        Case,
        "subject_type subject_id subject_reference title amount content_hash requester_id"
        " requester_name status opened_at closed_at",
        instant="opened_at",
        sums="amount",
    ),
    Subject(
        "approval_steps",
        Step,
        "case_id step_order who label needs_limit is_over_budget status",
        instant="case__opened_at",
    ),
    Subject(
        "approval_decisions",
        Decision,
        "case_id step_id requester_id decided_by_id decided_by_name on_behalf_of_name verdict"
        " comment content_hash at",
        instant="at",
    ),
    Subject(
        "orders",
        Order,
        f"requisition_id number financial_year {SUPPLIER} status needed_by_on contact_id"
        f" contact_name {VALUES} raised_at sent_at pdf_id ubl_id answered_at answered_by_name"
        " answer_note settled_at cancelled_at cancelled_by_id cancelled_by_name"
        " cancellation_reason",
        instant="raised_at",
        sums=VALUES,
    ),
    Subject(
        "order_lines",
        OrderLine,
        f"order_id {BOUGHT} {CODED} answer promised_on refusal_reason received_quantity"
        " cancelled_quantity billed_quantity",
        instant="order__raised_at",
        sums="net_amount",
    ),
    Subject(
        "transmissions",
        Transmission,
        "order_id attempt channel document_id sha256 to sent_by_name at",
        instant="at",
    ),
    Subject(
        "receipts",
        Receipt,
        f"order_id number kind received_on {SUPPLIER} delivery_note note is_replaced corrects_id"
        " by_id by_name at lines_count net_amount",
        instant="at",
        sums="net_amount",
    ),
    Subject(
        "receipt_lines",
        ReceiptLine,
        "receipt_id order_line_id quantity amount",
        instant="receipt__at",
        sums="amount",
    ),
    Subject(
        "arrivals",
        Arrival,
        f"{SUPPLIER} document_id sha256 name size_bytes channel received_at sent_by_id"
        " sent_by_name status read_at refusal_code refusal_detail",
        instant="received_at",
    ),
    Subject(
        "invoices",
        Invoice,
        f"{SUPPLIER} arrival_id document_id order_id credits_id repeats_id sha256 syntax profile"
        " rules_version kind status number issued_on due_on received_at pay_by_on currency"
        f" {VALUES} payable_amount charges_amount seller_name seller_vat_number buyer_name"
        " order_reference credited_reference matched_at told_supplier_at approved_at"
        " approved_by_id approved_by_name sent_back_at sent_back_by_id sent_back_by_name"
        " sent_back_reason paid_on",
        instant="received_at",
        sums=f"{VALUES} payable_amount",
    ),
    Subject(
        "invoice_lines",
        InvoiceLine,
        "invoice_id place number name part_number gtin order_line_reference unit quantity"
        " unit_price net_amount vat_category vat_rate_percent",
        instant="invoice__received_at",
        sums="net_amount",
    ),
    Subject(
        "invoice_taxes",
        InvoiceTax,
        "invoice_id place category rate_percent taxable_amount tax_amount",
        instant="invoice__received_at",
        sums="taxable_amount tax_amount",
    ),
    Subject(
        "findings",
        Finding,
        "invoice_id source code severity place where order_line_id agreed asked unit text other_id"
        " owner raised_at closed closed_at closed_by_id closed_by_name closed_reason",
        instant="invoice__received_at",
    ),
    Subject(
        "choices",
        Choice,
        "invoice_id invoice_line_id order_id order_line_id is_on_no_line at by_id by_name",
        instant="invoice__received_at",
    ),
    Subject(
        "allocations",
        Allocation,
        "invoice_id invoice_line_id order_line_id undoes_id quantity amount worth_amount how at",
        instant="invoice__received_at",
        sums="amount worth_amount",
    ),
    Subject(
        "account_confirmations",
        AccountConfirmation,
        f"{SUPPLIER} account_id account_ends spoke_to spoke_by confirmed_at confirmed_by_id"
        " confirmed_by_name",
        instant="confirmed_at",
        also={"account_ends": Right("account__account_number", LAST_DIGITS)},
    ),
    Subject(
        "payment_runs",
        PaymentRun,
        "number status pay_on payments_count total_amount frozen_sha256 prepared_at"
        " prepared_by_id prepared_by_name approved_at approved_by_id approved_by_name exported_at"
        " exported_by_name file_sha256=file__sha256 settled_on void_at void_reason",
        instant="prepared_at",
        sums="total_amount",
    ),
    Subject(
        "payments",
        Payment,
        f"run_id {SUPPLIER} account_id payee_name payee_account_ends end_to_end_id amount sent_at"
        " failed_at failed_reason",
        instant="run__prepared_at",
        sums="amount",
        also={"payee_account_ends": Right("payee_account_number", LAST_DIGITS)},
    ),
    Subject(
        "paid_invoices",
        PaidInvoice,
        "payment_id invoice_id amount is_open",
        instant="payment__run__prepared_at",
        sums="amount",
    ),
    Subject(
        "journals",
        Journal,
        "financial_year number dated_on document_on kind event_key reverses_id document_type"
        " document_id document_reference narrative lines_count total_amount posted_at"
        " posted_by_id posted_by_name",
        day="dated_on",
        sums="total_amount",
        reference=_journal_reference,
    ),
    Subject(
        "journal_lines",
        JournalLine,
        f"journal_id number dated_on {CODED} {SUPPLIER} debit_amount credit_amount budget_id"
        " source_line_id",
        day="dated_on",
        sums="debit_amount credit_amount",
    ),
    Subject(
        "ledger_exports",
        LedgerExport,
        "number until_on status sha256 previous_sha256 journals_count lines_count debit_amount"
        " credit_amount accounts_hash built_at built_by_name acknowledged_at acknowledged_by_name"
        " acknowledgement",
        instant="built_at",
        sums="debit_amount credit_amount",
    ),
    Subject(
        "commitments",
        CommitmentEntry,
        "budget_id stage kind amount document_type document_id line_id reason over_budget_by_id"
        " over_budget_by_name over_budget_reason journal_id at",
        instant="at",
        sums="amount",
    ),
    Subject(
        "budgets",
        Budget,
        f"financial_year {CODED} coding budget_amount committed_amount actual_amount"
        " available_amount is_hard_stop",
        sums="budget_amount committed_amount actual_amount",
    ),
    Subject("accounts", Account, "code name kind is_active"),
    Subject("cost_centres", CostCentre, "code name directorate is_active"),
    Subject("periods", Period, "financial_year number starts_on ends_on status"),
)
