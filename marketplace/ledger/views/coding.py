"""Pages about cost centres and accounts."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from marketplace.core.dates import financial_year
from marketplace.ledger.audience import KEEPERS, READERS
from marketplace.ledger.forms import AccountForm, CostCentreForm
from marketplace.ledger.models import Account, CostCentre
from marketplace.ledger.models.coding import ACCOUNT_KIND_LABELS
from marketplace.ledger.selectors.cells import account_cells, cost_centre_cells
from marketplace.ledger.selectors.coding import accounts_kept, cost_centres_kept, money_behind
from marketplace.ledger.services.files import ACCOUNT_FILE, COST_CENTRE_FILE
from marketplace.ledger.states import AccountKind
from marketplace.ledger.views import lists
from marketplace.ledger.views.lists import ListPages, ListWords
from marketplace.web.access import access

_WHO = gettext_lazy("Finance officers and administrators can change this list.")


def _behind(row: CostCentre | Account) -> list[str]:
    """Return what retiring a code affects, in sentences."""
    money = money_behind(row, financial_year(timezone.localdate()))
    said = []
    if money.budgets:
        said.append(
            ngettext(
                "%(count)d budget of this year stands behind it, with £%(left)s left.",
                "%(count)d budgets of this year stand behind it, with £%(left)s left.",
                money.budgets,
            )
            % {"count": money.budgets, "left": f"{money.available_amount:,.2f}"}
        )
    if money.committed_amount:
        said.append(
            _("£%(amount)s is promised to requisitions and orders; these go on as they are.")
            % {"amount": f"{money.committed_amount:,.2f}"}
        )
    return said


def _cost_centre_facts(row: CostCentre) -> list[object]:
    holder = row.holder.user.name if row.holder else _("Nobody yet")
    return [row.directorate, holder]


def _account_facts(row: Account) -> list[object]:
    return [ACCOUNT_KIND_LABELS[AccountKind(row.kind)], ", ".join(row.categories)]


COST_CENTRES: Final = ListPages(
    noun="cost-centre",
    file=COST_CENTRE_FILE,
    words=ListWords(
        title=gettext_lazy("Cost centres"),
        what=gettext_lazy(
            "A cost centre is a part of the council that has money of its own: a school, a"
            " library, a team. Its holder answers for the money and can be asked to approve."
        ),
        who=_WHO,
        add=gettext_lazy("Add a cost centre"),
        bring_in=gettext_lazy("Bring in cost centres from a file"),
        nothing_yet=gettext_lazy(
            "The council has no cost centres yet, so nobody can buy. Add them one by one, or bring"
            " in the list from your finance system."
        ),
        when_retired=gettext_lazy(
            "Nobody can choose it for new things. What was bought for it stays as it is, and you"
            " can bring it back."
        ),
    ),
    rows=cost_centres_kept,
    cells=cost_centre_cells,
    form=CostCentreForm,
    headings=(gettext_lazy("Directorate"), gettext_lazy("Holder")),
    facts_shown=_cost_centre_facts,
    behind=_behind,
)
ACCOUNTS: Final = ListPages(
    noun="account",
    file=ACCOUNT_FILE,
    words=ListWords(
        title=gettext_lazy("Accounts"),
        what=gettext_lazy(
            "An account says what money is spent on, as your ledger calls it: stationery, repairs."
        ),
        who=_WHO,
        add=gettext_lazy("Add an account"),
        bring_in=gettext_lazy("Bring in accounts from a file"),
        nothing_yet=gettext_lazy(
            "The council has no accounts yet, so nobody can buy. Add them one by one, or bring in"
            " the list from your finance system."
        ),
        when_retired=gettext_lazy(
            "Nobody can choose it for new things. What was bought on it stays as it is, and you"
            " can bring it back."
        ),
    ),
    rows=accounts_kept,
    cells=account_cells,
    form=AccountForm,
    headings=(gettext_lazy("Kind"), gettext_lazy("CPV categories")),
    facts_shown=_account_facts,
    behind=_behind,
)


@access(*READERS)
@require_safe
def cost_centres(request: HttpRequest) -> HttpResponse:
    """List cost centres."""
    return lists.show_list(request, COST_CENTRES)


@access(*KEEPERS)
@require_http_methods(["GET", "POST"])
def cost_centre_add(request: HttpRequest) -> HttpResponse:
    """Add a cost centre."""
    return lists.add_one(request, COST_CENTRES)


@access(*KEEPERS)
@require_http_methods(["GET", "POST"])
def cost_centre(request: HttpRequest, cost_centre_id: UUID) -> HttpResponse:
    """Show and change a cost centre."""
    return lists.show_one(request, COST_CENTRES, cost_centre_id)


@access(*KEEPERS)
@require_http_methods(["GET", "POST"])
def cost_centre_retire(request: HttpRequest, cost_centre_id: UUID) -> HttpResponse:
    """Retire a cost centre."""
    return lists.retire_one(request, COST_CENTRES, cost_centre_id)


@access(*KEEPERS)
@require_POST
def cost_centre_bring_back(request: HttpRequest, cost_centre_id: UUID) -> HttpResponse:
    """Bring a cost centre back."""
    return lists.bring_one_back(request, COST_CENTRES, cost_centre_id)


@access(*KEEPERS)
@require_http_methods(["GET", "POST"])
def cost_centres_file(request: HttpRequest) -> HttpResponse:
    """Take a file of cost centres to be looked at."""
    return lists.send_file(request, COST_CENTRES)


@access(*KEEPERS)
@require_http_methods(["GET", "POST"])
def cost_centres_file_look(request: HttpRequest, file_id: UUID) -> HttpResponse:
    """Show what a file of cost centres would change, and take it in."""
    return lists.look_at_file(request, COST_CENTRES, file_id)


@access(*READERS)
@require_safe
def cost_centres_template(request: HttpRequest) -> HttpResponse:
    """Hand out the cost centres as a file."""
    return lists.hand_out_file(request, COST_CENTRES)


@access(*READERS)
@require_safe
def accounts(request: HttpRequest) -> HttpResponse:
    """List accounts."""
    return lists.show_list(request, ACCOUNTS)


@access(*KEEPERS)
@require_http_methods(["GET", "POST"])
def account_add(request: HttpRequest) -> HttpResponse:
    """Add an account."""
    return lists.add_one(request, ACCOUNTS)


@access(*KEEPERS)
@require_http_methods(["GET", "POST"])
def account(request: HttpRequest, account_id: UUID) -> HttpResponse:
    """Show and change an account."""
    return lists.show_one(request, ACCOUNTS, account_id)


@access(*KEEPERS)
@require_http_methods(["GET", "POST"])
def account_retire(request: HttpRequest, account_id: UUID) -> HttpResponse:
    """Retire an account."""
    return lists.retire_one(request, ACCOUNTS, account_id)


@access(*KEEPERS)
@require_POST
def account_bring_back(request: HttpRequest, account_id: UUID) -> HttpResponse:
    """Bring an account back."""
    return lists.bring_one_back(request, ACCOUNTS, account_id)


@access(*KEEPERS)
@require_http_methods(["GET", "POST"])
def accounts_file(request: HttpRequest) -> HttpResponse:
    """Take a file of accounts to be looked at."""
    return lists.send_file(request, ACCOUNTS)


@access(*KEEPERS)
@require_http_methods(["GET", "POST"])
def accounts_file_look(request: HttpRequest, file_id: UUID) -> HttpResponse:
    """Show what a file of accounts would change, and take it in."""
    return lists.look_at_file(request, ACCOUNTS, file_id)


@access(*READERS)
@require_safe
def accounts_template(request: HttpRequest) -> HttpResponse:
    """Hand out the accounts as a file."""
    return lists.hand_out_file(request, ACCOUNTS)
