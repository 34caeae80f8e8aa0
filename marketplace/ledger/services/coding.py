"""The codes of a council's ledger: who keeps cost centres and accounts, and what they may say."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from uuid import UUID

from django.utils.translation import gettext as _

from marketplace.core.errors import FieldProblem
from marketplace.ledger.audience import KEEPERS
from marketplace.ledger.models import Account, CostCentre
from marketplace.ledger.models.journals import ACCOUNT_ROLE_LABELS
from marketplace.ledger.selectors.coding import people_who_may_hold
from marketplace.ledger.selectors.controls import accounts_by_role
from marketplace.ledger.services.code_lists import CodeList, CodeRow
from marketplace.ledger.states import AccountKind

_CPV_BEGINNING = re.compile(r"\d{2,8}")


def _check_cost_centres(council_id: UUID, rows: Sequence[CodeRow]) -> Iterator[FieldProblem]:
    """Find holders who cannot approve: nobody could say yes where the rules ask the holder."""
    if not any(row.facts.get("holder_id") for row in rows):
        return
    able = {membership.pk for membership in people_who_may_hold(council_id)}
    for place, row in enumerate(rows):
        holder_id = row.facts.get("holder_id")
        if holder_id and holder_id not in able:
            yield FieldProblem(
                f"rows/{place}/holder_id",
                _("The holder must be an approver of your council who has signed in."),
            )


def _check_accounts(council_id: UUID, rows: Sequence[CodeRow]) -> Iterator[FieldProblem]:
    parts = _parts_of(council_id, [row for row in rows if row.facts.get("is_active") is False])
    for place, row in enumerate(rows):
        if row.facts.get("is_active") is False and row.code in parts:
            yield FieldProblem(
                f"rows/{place}/is_active",
                _("It plays a part in what is posted: %(part)s. Choose another account for it.")
                % {"part": parts[row.code]},
            )
        if row.facts.get("kind", AccountKind.EXPENSE) not in set(AccountKind):
            yield FieldProblem(
                f"rows/{place}/kind", _("Write one of these: expense, asset, liability.")
            )
        wrong = [c for c in row.facts.get("categories", ()) if not _CPV_BEGINNING.fullmatch(c)]
        if wrong:
            yield FieldProblem(
                f"rows/{place}/categories",
                _("“%(text)s” is not the beginning of a CPV code: write 2 to 8 digits.")
                % {"text": wrong[0]},
            )


def _parts_of(council_id: UUID, retiring: Sequence[CodeRow]) -> dict[str, str]:
    """Return which part each control account plays, by its code, where any is to be retired."""
    if not retiring:
        return {}
    return {
        account.code: str(ACCOUNT_ROLE_LABELS[role])
        for role, account in accounts_by_role(council_id).items()
    }


COST_CENTRES = CodeList(
    model=CostCentre,
    noun="cost-centre",
    fields=("name", "name_welsh", "directorate", "holder_id"),
    needed=("name",),
    keepers=KEEPERS,
    check=_check_cost_centres,
)
ACCOUNTS = CodeList(
    model=Account,
    noun="account",
    fields=("name", "name_welsh", "kind", "categories"),
    needed=("name",),
    keepers=KEEPERS,
    check=_check_accounts,
)
