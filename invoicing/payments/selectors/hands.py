"""Who had a hand in a payment run, and so cannot be its second person; and who can."""

from __future__ import annotations

from collections.abc import Collection
from enum import StrEnum
from uuid import UUID

from django.db.models import Q

from invoicing.models import AccountConfirmation, Invoice, Payment, PaymentRun, SupplierAccount
from marketplace.core.actors import Role
from marketplace.organisations.models import Membership
from marketplace.organisations.selectors.people import who_work_for


class Hand(StrEnum):
    """What somebody did with a run, or with what is in it; the plainest comes first."""

    PREPARED = "PREPARED"
    APPROVED_INVOICE = "APPROVED_INVOICE"
    MADE_SURE = "MADE_SURE"
    GAVE_ACCOUNT = "GAVE_ACCOUNT"
    WORKS_FOR = "WORKS_FOR"


def hands_in(run: PaymentRun, user_ids: Collection[UUID]) -> dict[UUID, Hand]:
    """Return which of some people had a hand in a run, and the first thing that each did."""
    council_id = run.council_id
    paid = Payment.objects.of(council_id).filter(run=run)
    accounts = paid.values_list("account_id", flat=True)
    approved = Invoice.objects.of(council_id).filter(
        payments__payment__run=run, approved_by_id__in=user_ids
    )
    confirmed = AccountConfirmation.objects.of(council_id).filter(
        account_id__in=accounts, confirmed_by_id__in=user_ids
    )
    given = SupplierAccount.objects.filter(pk__in=accounts, added_by_id__in=user_ids)
    suppliers = set(paid.values_list("supplier_id", flat=True))
    found = {
        Hand.WORKS_FOR: who_work_for(user_ids, suppliers),
        Hand.GAVE_ACCOUNT: given.values_list("added_by_id", flat=True),
        Hand.MADE_SURE: confirmed.values_list("confirmed_by_id", flat=True),
        Hand.APPROVED_INVOICE: approved.values_list("approved_by_id", flat=True),
        Hand.PREPARED: {run.prepared_by_id} & set(user_ids),
    }
    return {user_id: hand for hand, people in found.items() for user_id in people if user_id}


def who_can_approve(run: PaymentRun, roles: Collection[Role]) -> list[str]:
    """Return the names of those who can be the second person of a run, in their order."""
    any_role = Q(roles__overlap=[role.value for role in roles])
    people = dict(
        Membership.objects.of(run.council_id)
        .filter(any_role, is_active=True, user__is_active=True)
        .order_by("user__name", "user_id")
        .values_list("user_id", "user__name")
    )
    involved = hands_in(run, people.keys())
    return [name for user_id, name in people.items() if user_id not in involved]


def made_sure_by_the_preparer(run: PaymentRun) -> list[str]:
    """Return the suppliers in a run of whose account whoever prepared it made sure, by name.

    Why: two hands that should be two people's. It is allowed, since small councils have two people
    in payments and the second one may not have made sure either; so the second one is told.
    """
    paid = Payment.objects.of(run.council_id).filter(run=run)
    mine = AccountConfirmation.objects.of(run.council_id).filter(
        confirmed_by_id=run.prepared_by_id, account_id__in=paid.values("account_id")
    )
    names = paid.filter(account_id__in=mine.values("account_id"))
    return list(names.order_by("supplier__name", "id").values_list("supplier__name", flat=True))
