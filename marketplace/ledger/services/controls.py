"""Saying which of a council's accounts plays which part, and asking for them when posting."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from uuid import UUID

from django.db import connection, transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from marketplace.audit.services import record
from marketplace.core.actors import Actor
from marketplace.core.errors import Conflict, FieldProblem, Forbidden, Invalid, Missing
from marketplace.core.models import busy_if_held
from marketplace.ledger.models import Account, ControlAccount
from marketplace.ledger.models.journals import ACCOUNT_ROLE_LABELS
from marketplace.ledger.selectors.controls import accounts_by_role, version_of
from marketplace.ledger.selectors.journals import balances_of
from marketplace.ledger.states import ROLE_KINDS, AccountRole
from marketplace.organisations.services.holding import hold_organisation

_HOLD = """
    SELECT role, account_id FROM ledger_controlaccount
    WHERE council_id = %s AND role = ANY(%s) ORDER BY id FOR SHARE
"""


class ControlsNotAllowed(Forbidden):
    """This person may not say which account plays which part."""

    code = "control-account.not-allowed"
    title = gettext_lazy("You cannot change these accounts.")


class AccountDoesNotFit(Invalid):
    """An account is retired, is of another kind than its part, or plays a part already."""

    code = "control-account.does-not-fit"
    title = gettext_lazy("This account does not fit.")


class ControlAccountInUse(Conflict):
    """Something stands on the account that played the part so far."""

    code = "control-account.in-use"
    title = gettext_lazy("This account is in use.")


class ControlAccountsChanged(Conflict):
    """Somebody else chose other accounts between reading and writing."""

    code = "control-account.changed-meanwhile"
    title = gettext_lazy("Somebody else has changed these accounts since you opened them.")
    advice = gettext_lazy("Open them again, look at what is different, and repeat your change.")


class ControlAccountMissing(Conflict):
    """Nobody has said yet which account plays a part that is needed."""

    code = "control-account.missing"
    title = gettext_lazy("An account has to be chosen first.")


@transaction.atomic
def set_control_accounts(
    *, finance: Actor, accounts: Mapping[AccountRole, UUID], at: datetime, version: str = ""
) -> dict[AccountRole, Account]:
    """Say which accounts play these parts; parts that are not named stay as they are.

    Shapes: `version` is that of the choice that was seen, empty for whatever there is.
    Raises: ControlsNotAllowed; ControlAccountsChanged; Missing; AccountDoesNotFit and
    ControlAccountInUse, at the part that they are about; Busy.
    """
    if not finance.holds("finance", "administrator"):
        raise ControlsNotAllowed(_("Only finance officers and administrators can."))
    council_id = finance.organisation_id
    # Held before the organisation, as by whoever posts; and until now nobody posts on them.
    rows = ControlAccount.objects.of(council_id)
    there = {each.role: each for each in rows.lock_all(list(rows.values_list("pk", flat=True)))}
    hold_organisation(council_id)
    before = accounts_by_role(council_id)
    if version and version != version_of(before):
        raise ControlAccountsChanged
    changed = {
        AccountRole(role): account_id
        for role, account_id in accounts.items()
        if role not in there or there[role].account_id != account_id
    }
    # Held, so that none is retired meanwhile.
    held = Account.objects.of(council_id).lock_all(set(changed.values()))
    chosen = {account.pk: account for account in held}
    if set(changed.values()) - chosen.keys():
        raise Missing(_("There is no such account here."))
    after = before | {role: chosen[account_id] for role, account_id in changed.items()}
    _check_fit(changed, after)
    _check_free(council_id, {role: before[role] for role in changed if role in before})
    if not changed:
        return after
    # Taken away first, so that two accounts can change parts with one another.
    ControlAccount.objects.of(council_id).filter(role__in=list(changed)).delete()
    made = [
        ControlAccount(council_id=council_id, role=role, account_id=account_id)
        for role, account_id in changed.items()
    ]
    ControlAccount.objects.bulk_create(made)
    record(
        "control-accounts.set",
        made[0],
        actor=finance,
        at=at,
        organisation_id=council_id,
        before={role.lower(): before[role].code for role in changed if role in before},
        after={role.lower(): after[role].code for role in changed},
    )
    return after


def required_accounts(council_id: UUID, *roles: AccountRole) -> dict[AccountRole, UUID]:
    """Return the accounts that play these parts, held for a posting until the transaction ends.

    Shapes: many may post at once; who gives a part to another account waits for them.
    Raises: ControlAccountMissing, with one problem for each that nobody has chosen; Busy.
    """
    # Whoever waited while a part was given to another account finds the new one by asking again.
    found = _hold(council_id, roles)
    if len(found) < len(set(roles)):
        found = _hold(council_id, roles)
    missing = [role for role in roles if role not in found]
    if missing:
        names = [str(ACCOUNT_ROLE_LABELS[role]) for role in missing]
        raise ControlAccountMissing(
            _("Choose an account for: %(parts)s.") % {"parts": "; ".join(names)},
            errors=[
                FieldProblem(role.lower(), _("Choose an account for “%(part)s”.") % {"part": name})
                for role, name in zip(missing, names, strict=True)
            ],
            missing=[role.value for role in missing],
        )
    return {role: found[role] for role in roles}


def _hold(council_id: UUID, roles: Iterable[AccountRole]) -> dict[AccountRole, UUID]:
    with busy_if_held(), connection.cursor() as cursor:
        cursor.execute(_HOLD, [council_id, [role.value for role in roles]])
        return {AccountRole(role): account_id for role, account_id in cursor.fetchall()}


def _check_fit(changed: Iterable[AccountRole], after: Mapping[AccountRole, Account]) -> None:
    """Refuse an account that is retired or of another kind, or plays a part of the sheet already.

    Raises: AccountDoesNotFit.
    """
    for role in changed:
        account = after[role]
        if not account.is_active:
            raise AccountDoesNotFit(
                _("%(code)s is retired. Bring it back first, or choose another.")
                % {"code": account.code},
                field=role.lower(),
            )
        if account.kind != ROLE_KINDS[role]:
            raise AccountDoesNotFit(
                _("%(code)s is of another kind than this needs.") % {"code": account.code},
                field=role.lower(),
            )
        others = [other for other, each in after.items() if each.pk == account.pk and other != role]
        if others and account.kind != "expense":
            raise AccountDoesNotFit(
                _("%(code)s plays another part already: %(part)s.")
                % {"code": account.code, "part": ACCOUNT_ROLE_LABELS[others[0]]},
                field=role.lower(),
            )


def _check_free(council_id: UUID, leaving: Mapping[AccountRole, Account]) -> None:
    """Refuse to give a part to another account while something stands on the one that has it.

    Why: what is owed would stand on two accounts, and no list of suppliers would explain either.
    Raises: ControlAccountInUse.
    """
    sheet = {role: each for role, each in leaving.items() if each.kind != "expense"}
    balances = balances_of(council_id, [each.pk for each in sheet.values()])
    for role, account in sheet.items():
        if balances.get(account.pk):
            raise ControlAccountInUse(
                _("£%(amount)s stands on %(code)s. You can change this once it comes to £0.")
                % {"amount": f"{abs(balances[account.pk]):,.2f}", "code": account.code},
                field=role.lower(),
            )
