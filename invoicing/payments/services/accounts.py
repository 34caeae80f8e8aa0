"""Where suppliers want to be paid, and councils' making sure that it was they who said so."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from invoicing.models import AccountConfirmation, SupplierAccount
from invoicing.payments.accounts import BankAccount
from invoicing.payments.letters import LONGEST_NAME as BANKS_TAKE
from invoicing.payments.letters import is_name
from invoicing.payments.selectors.accounts import (
    accounts_of,
    is_latest,
    last_returned,
    payee_account,
)
from invoicing.payments.services.advice import tell_of_own_account
from invoicing.payments.services.checks import check_checker
from invoicing.payments.services.holding import hold_account_of
from marketplace.audit.services import record
from marketplace.core.actors import Actor, OrganisationKind, Role
from marketplace.core.errors import Conflict, Forbidden, Invalid
from marketplace.jobs.services import wake
from marketplace.organisations.selectors.people import who_work_for
from marketplace.organisations.selectors.suppliers import councils_of
from marketplace.organisations.services.holding import hold_organisation

LONGEST_NAME = 140
LONGEST_SAID = 200


class AccountNotYours(Forbidden):
    """Only the supplier's own people say where it is paid."""

    code = "supplier-account.not-yours"
    title = gettext_lazy("You cannot change these bank details.")


class AccountNotRight(Invalid):
    """What was said cannot be a bank account of the United Kingdom."""

    code = "supplier-account.not-right"
    title = gettext_lazy("These bank details are not right.")


class AccountNotLatest(Conflict):
    """The supplier has asked to be paid elsewhere since."""

    code = "supplier-account.not-latest"
    title = gettext_lazy("The supplier has changed its bank details since you opened the page.")
    advice = gettext_lazy("Open the list again, and make sure of the account that it shows now.")


class ConfirmedBefore(Conflict):
    """This council made sure of the account already."""

    code = "supplier-account.confirmed-before"
    title = gettext_lazy("Somebody has made sure of this account already.")


class AccountOfTheirs(Forbidden):
    """Whoever says where a supplier is paid cannot be the one who makes sure of it."""

    code = "supplier-account.gave-it"
    title = gettext_lazy("Somebody else must make sure of this account.")


class HowNotSaid(Invalid):
    """Whoever makes sure of an account must say whom they spoke to, and how."""

    code = "supplier-account.how-not-said"
    title = gettext_lazy("Say whom you spoke to, and how.")


@transaction.atomic
def add_supplier_account(
    *, supplier: Actor, name: str, sort_code: str, account_number: str, at: datetime
) -> SupplierAccount:
    """Say where a supplier wants to be paid from now on; councils make sure before they pay there.

    Shapes: the account that counts already is returned as it is. The supplier itself and its
    councils are told, since a stranger who changed it would get the money.
    Raises: AccountNotYours; AccountNotRight; Busy.
    """
    if supplier.kind is not OrganisationKind.SUPPLIER or not supplier.holds(Role.SUPPLIER):
        raise AccountNotYours(_("Only people who work for the supplier can."))
    wanted = _checked(name, sort_code, account_number)
    company = hold_organisation(supplier.organisation_id)
    hold_account_of(company.pk)
    latest = accounts_of(company.pk).first()
    if latest is not None and _same(latest, wanted):
        return latest
    account = SupplierAccount.objects.create(
        supplier=company,
        name=wanted.name,
        sort_code=wanted.sorting,
        account_number=wanted.number,
        added_at=at,
        added_by_id=supplier.user_id,
        added_by_name=supplier.name,
    )
    councils = list(councils_of(company.pk))
    record(
        "supplier-account.added",
        account,
        actor=supplier,
        at=at,
        organisation_id=company.pk,
        before={"account": latest.reference} if latest else None,
        after={"account": account.reference},
    )
    tell_of_own_account(company, account, at)
    for link in councils:
        wake(
            "invoicing.tell_of_account",
            key=f"{link.council_id}:{account.pk}",
            organisation_id=company.pk,
            payload={"council_id": str(link.council_id), "account_id": str(account.pk)},
        )
    return account


@transaction.atomic
def confirm_account(
    *, account_id: UUID, person: Actor, spoke_to: str, spoke_by: str, at: datetime
) -> AccountConfirmation:
    """Note that a council made sure, by another way, that an account is the supplier's.

    Shapes: `spoke_to` is the person at the supplier, `spoke_by` how: the number that was known
    before, say.
    Raises: PaymentsNotAllowed; HowNotSaid; Missing; AccountOfTheirs for whoever gave it, or
    works for the supplier; AccountNotLatest; ConfirmedBefore; Busy.
    """
    check_checker(person)
    said = {
        "spoke_to": spoke_to.strip()[:LONGEST_SAID],
        "spoke_by": spoke_by.strip()[:LONGEST_SAID],
    }
    if not said["spoke_to"]:
        raise HowNotSaid(_("Enter whom you spoke to."), field="spoke_to")
    if not said["spoke_by"]:
        raise HowNotSaid(_("Enter how you reached them."), field="spoke_by")
    council_id = person.organisation_id
    account = payee_account(council_id, account_id)
    if account.added_by_id == person.user_id:
        raise AccountOfTheirs(_("You gave these bank details yourself."))
    if who_work_for([person.user_id], [account.supplier_id]):
        raise AccountOfTheirs(
            _("You work for %(supplier)s too.") % {"supplier": account.supplier.name}
        )
    if not is_latest(account):
        raise AccountNotLatest
    confirmation = AccountConfirmation(
        council_id=council_id,
        supplier_id=account.supplier_id,
        account=account,
        returned=last_returned(council_id, [account.pk]).get(account.pk),
        confirmed_at=at,
        confirmed_by_id=person.user_id,
        confirmed_by_name=person.name,
        **said,
    )
    AccountConfirmation.objects.bulk_create([confirmation], ignore_conflicts=True)
    kept = AccountConfirmation.objects.of(council_id).get(
        account=account, returned_id=confirmation.returned_id
    )
    if kept.pk != confirmation.pk:
        raise ConfirmedBefore(_("%(name)s did.") % {"name": kept.confirmed_by_name})
    record(
        "supplier-account.confirmed",
        account,
        actor=person,
        at=at,
        organisation_id=council_id,
        after={"account": account.reference, **said},
    )
    return kept


def _checked(name: str, sort_code: str, account_number: str) -> BankAccount:
    """Return an account as it is kept.

    Raises: AccountNotRight at what is wrong.
    """
    wanted = BankAccount(" ".join(name.split()), sort_code, account_number)
    if not wanted.name or len(wanted.name) > LONGEST_NAME:
        raise AccountNotRight(_("Enter the name on the account."), field="name")
    if not is_name(wanted.name, BANKS_TAKE):
        raise AccountNotRight(
            _("Write the name as it stands on the account, in letters that banks take: A to Z."),
            field="name",
        )
    if not BankAccount("x", sort_code, "00000000").is_well_formed:
        raise AccountNotRight(_("Enter a sort code of six digits, like 309430."), field="sort_code")
    if not wanted.is_well_formed:
        raise AccountNotRight(
            _("Enter an account number of eight digits, like 00733445. Put noughts before a shorter"
              " one."),
            field="account_number",
        )  # fmt: skip
    return wanted


def _same(account: SupplierAccount, wanted: BankAccount) -> bool:
    was = (account.name, account.sort_code, account.account_number)
    return was == (wanted.name, wanted.sorting, wanted.number)
