"""Questions about suppliers' accounts, from either side."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from uuid import UUID

from django.db.models import QuerySet

from invoicing.models import AccountConfirmation, Payment, SupplierAccount
from invoicing.payments.selectors.due import latest_accounts, with_confirmations
from marketplace.core.models import TenantQuerySet
from marketplace.organisations.models import SupplierLink


@dataclass(frozen=True, slots=True)
class PayeeAccount:
    """The account of one of a council's suppliers, and what the council knows of it.

    Shapes: `confirmation` is the last one; `shared_with` are the names of other suppliers of this
    council with the same account; `former` whether the supplier had another before; `failed` the
    last payment to it that came back.
    """

    account: SupplierAccount
    confirmation: AccountConfirmation | None
    shared_with: tuple[str, ...]
    former: bool
    failed: Payment | None

    @property
    def is_confirmed(self) -> bool:
        """Tell whether somebody made sure of it since a payment to it last came back."""
        returned = self.failed.pk if self.failed else None
        return self.confirmation is not None and self.confirmation.returned_id == returned


def accounts_of(supplier_id: UUID) -> TenantQuerySet[SupplierAccount]:
    """Return a supplier's own accounts, the one that counts first."""
    return SupplierAccount.objects.of(supplier_id).order_by("-id")


def supplier_ids_of(council_id: UUID) -> QuerySet[SupplierLink, UUID]:
    """Return the keys of those a council buys from, or once did."""
    links = SupplierLink.objects.of(council_id).filter(council_id=council_id)
    return links.values_list("supplier_id", flat=True)


def payee_accounts(council_id: UUID) -> TenantQuerySet[SupplierAccount]:
    """Return the latest account of each of a council's suppliers, latest first (-id for pages)."""
    latest = latest_accounts(supplier_ids_of(council_id)).values("pk")
    rows = SupplierAccount.objects.filter(pk__in=latest)
    return rows.select_related("supplier").order_by("-id")


def unconfirmed_accounts(council_id: UUID) -> TenantQuerySet[SupplierAccount]:
    """Return the latest accounts of which a council has yet to make sure, or to again.

    Why again: a payment that came back says that the account is not what somebody was told.
    """
    return with_confirmations(council_id, payee_accounts(council_id)).filter(is_confirmed=False)


def payee_account(council_id: UUID, account_id: UUID) -> SupplierAccount:
    """Return an account of one of a council's suppliers, be it the latest or not.

    Raises: Missing.
    """
    rows = SupplierAccount.objects.filter(supplier_id__in=supplier_ids_of(council_id))
    return rows.select_related("supplier").one(account_id)


def is_latest(account: SupplierAccount) -> bool:
    """Tell whether the supplier has not asked to be paid elsewhere since."""
    return account.pk in latest_accounts([account.supplier_id]).values_list("pk", flat=True)


def last_returned(council_id: UUID, account_ids: Collection[UUID]) -> dict[UUID, Payment]:
    """Return the payment to each account that came back last, where one did."""
    failed = Payment.objects.of(council_id).filter(
        council_id=council_id, account_id__in=account_ids, failed_at__isnull=False
    )
    return {each.account_id: each for each in failed.order_by("failed_at", "id")}


def confirmations_of(
    council_id: UUID, account_ids: Collection[UUID]
) -> dict[UUID, AccountConfirmation]:
    """Return who last made sure of each account, be it before a payment came back or since."""
    rows = AccountConfirmation.objects.of(council_id).filter(account_id__in=account_ids)
    return {each.account_id: each for each in rows.order_by("id")}


def known_of(council_id: UUID, accounts: list[SupplierAccount]) -> list[PayeeAccount]:
    """Return what a council knows of accounts: four statements for however many."""
    keys = [each.pk for each in accounts]
    confirmations = confirmations_of(council_id, keys)
    last_failed = last_returned(council_id, keys)
    suppliers = [each.supplier_id for each in accounts]
    every = SupplierAccount.objects.filter(supplier_id__in=suppliers)
    counts: dict[UUID, int] = {}
    for supplier_id in every.values_list("supplier_id", flat=True):
        counts[supplier_id] = counts.get(supplier_id, 0) + 1
    shared = _shared(council_id, accounts)
    return [
        PayeeAccount(
            account=each,
            confirmation=confirmations.get(each.pk),
            shared_with=tuple(
                name
                for supplier_id, name in shared.get((each.sort_code, each.account_number), ())
                if supplier_id != each.supplier_id
            ),
            former=counts.get(each.supplier_id, 0) > 1,
            failed=last_failed.get(each.pk),
        )
        for each in accounts
    ]


def _shared(
    council_id: UUID, accounts: list[SupplierAccount]
) -> dict[tuple[str, str], list[tuple[UUID, str]]]:
    """Return by digits which suppliers of a council give these accounts as theirs."""
    rows = SupplierAccount.objects.filter(
        supplier_id__in=supplier_ids_of(council_id),
        account_number__in={each.account_number for each in accounts},
    )
    found: dict[tuple[str, str], list[tuple[UUID, str]]] = {}
    for row in rows.select_related("supplier").order_by("supplier__name", "supplier_id"):
        owners = found.setdefault((row.sort_code, row.account_number), [])
        if (row.supplier_id, row.supplier.name) not in owners:
            owners.append((row.supplier_id, row.supplier.name))
    return found
