"""What waits for somebody on their home page, gathered from every package."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from uuid import UUID

from allauth.mfa.models import Authenticator
from django.db.models import Case, Exists, F, OuterRef, QuerySet, When
from django.db.models.functions import NullIf
from django.utils import timezone

from invoicing.intake.selectors import invoices_found, invoices_of
from invoicing.models import Invoice, Payment
from invoicing.payments.selectors.runs import payments_of_council
from marketplace.core.actors import Actor
from marketplace.core.dates import financial_year
from marketplace.jobs.models import Job, JobStatus
from marketplace.ledger.models import Budget
from marketplace.ordering.models import Order, Receipt, Requisition
from marketplace.ordering.orders.selectors.orders import late_orders, orders_found, orders_of
from marketplace.ordering.receipts.selectors.receipts import receipts_of
from marketplace.ordering.requisitions.selectors.requisitions import requisitions_found
from marketplace.ordering.states import OrderStatus, RequisitionStatus
from marketplace.organisations.models import Membership, SupplierLink
from marketplace.organisations.selectors.suppliers import supplier_links

NEARLY_USED = Decimal("0.90")
MOST_FOUND = 20
# Who may open what a search leads to.
ORDERS = ("requester", "buyer", "receiver", "approver", "finance", "payments", "auditor")
INVOICES = ("buyer", "receiver", "finance", "payments", "auditor")
PAYMENTS = ("payments", "finance", "auditor")
REFUSED = (OrderStatus.REFUSED, OrderStatus.PARTLY_REFUSED)
# How long a refusal is shown: nothing ends it, since what was refused is bought elsewhere.
REFUSAL_LASTS = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Found:
    """What a search across everything found: the first few of each kind."""

    requisitions: list[Requisition]
    orders: list[Order]
    receipts: list[Receipt]
    invoices: list[Invoice]
    payments: list[Payment]
    suppliers: list[SupplierLink]

    @property
    def is_empty(self) -> bool:
        """Tell whether nothing was found."""
        return not (
            self.requisitions
            or self.orders
            or self.receipts
            or self.invoices
            or self.payments
            or self.suppliers
        )


def own_requisitions(reader: Actor) -> QuerySet[Requisition]:
    """Return what somebody asked for themselves, latest first, without what they took back."""
    rows = requisitions_found(reader).filter(raised_by_id=reader.user_id)
    return rows.exclude(status=RequisitionStatus.WITHDRAWN)


def orders_to_watch(reader: Actor, count: int, at: datetime) -> QuerySet[Order]:
    """Return the newest orders that were refused lately, come too late or are not answered yet.

    Shapes: those that wait for their answer come last, and of them those that have waited longest.
    Why: each kind is asked for by itself, so that an index gives its first few; with "or" between
    them the database reads every order that there ever was. So is the day of a refusal asked only
    of the newest.
    """
    rows = orders_of(reader)
    unanswered = rows.filter(status=OrderStatus.SENT).order_by("id").values("pk")[:count]
    late = late_orders(reader).order_by("-id").values("pk")[:count]
    newest = [rows.filter(status=status).values("pk")[:count] for status in REFUSED]
    refused = [
        Order.objects.filter(pk__in=few, answered_at__gt=at - REFUSAL_LASTS).values("pk")
        for few in newest
    ]
    waits = Case(When(status=OrderStatus.SENT, then=1), default=0)
    return rows.filter(pk__in=late.union(unanswered, *refused)).order_by(waits, "-id")[:count]


def budgets_nearly_used(council_id: UUID, at: datetime) -> QuerySet[Budget]:
    """Return this year's budgets of which nine tenths or more is gone, the fullest first."""
    used = (F("committed_amount") + F("actual_amount")) / NullIf(F("budget_amount"), Decimal(0))
    return (
        Budget.objects.of(council_id)
        .filter(financial_year=financial_year(timezone.localdate(at)))
        .annotate(used_share=used)
        .filter(used_share__gte=NEARLY_USED)
        .select_related("cost_centre", "account")
        .order_by("-used_share", "id")
    )


def people_without_second_factor(organisation_id: UUID) -> QuerySet[Membership]:
    """Return the people of an organisation who could not sign in today for want of a factor."""
    factors = Authenticator.objects.filter(
        user=OuterRef("user"), type__in=[Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN]
    )
    people = Membership.objects.of(organisation_id).filter(
        ~Exists(factors), is_active=True, user__is_active=True
    )
    return people.select_related("user").order_by("user__name", "id")


def parked_jobs(organisation_id: UUID) -> QuerySet[Job]:
    """Return an organisation's jobs that failed too often and wait for a person, oldest first."""
    parked = Job.objects.filter(organisation_id=organisation_id, status=JobStatus.PARKED)
    return parked.order_by("id")


def everything_with(reader: Actor, words: str) -> Found:
    """Return what this reader may see that has these words in its number or in a name on it.

    Shapes: of receipts and payments the one that has this number.
    """
    numbered = receipts_of(reader).filter(number=words.strip().upper())
    return Found(
        list(requisitions_found(reader, words=words)[:MOST_FOUND]),
        list(orders_found(orders_of(reader), words=words)[:MOST_FOUND]),
        list(numbered[:MOST_FOUND]) if reader.holds(*ORDERS) else [],
        list(invoices_found(invoices_of(reader), words=words)[:MOST_FOUND])
        if reader.holds(*INVOICES)
        else [],
        _payments_with(reader, words) if reader.holds(*PAYMENTS) else [],
        list(supplier_links(reader.organisation_id, words)[:MOST_FOUND])
        if reader.holds("buyer", "finance", "administrator")
        else [],
    )


def _payments_with(reader: Actor, words: str) -> list[Payment]:
    rows = payments_of_council(reader.organisation_id).filter(end_to_end_id=words.strip().upper())
    return list(rows.select_related("run", "supplier")[:MOST_FOUND])
