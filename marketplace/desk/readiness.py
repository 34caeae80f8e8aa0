"""What a council still needs before its first order can go out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import (
    CharField,
    Count,
    Exists,
    IntegerField,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Value,
)
from django.db.models.functions import Cast, Coalesce, JSONObject
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from catalogue.listings.selectors import live_listings, trading_suppliers
from marketplace.approvals.ladder import concerns
from marketplace.approvals.models import Policy, PolicyTier
from marketplace.approvals.rules import Approver, Holder, TierStep, Who
from marketplace.approvals.wording import in_a_row
from marketplace.core.actors import Role
from marketplace.core.dates import financial_year
from marketplace.ledger.models import Budget, ControlAccount
from marketplace.ledger.selectors.coding import accounts, cost_centres
from marketplace.ledger.selectors.periods import periods
from marketplace.ledger.states import POSTED_TO
from marketplace.ordering.delivery_points.selectors import delivery_points
from marketplace.organisations.models import Membership, Organisation
from marketplace.organisations.selectors.people import approvers

# What an order says about who sends it.
DETAILS = {
    "address": _("address"),
    "postcode": _("postcode"),
    "email": _("email address"),
    "vat_number": _("VAT number"),
}
MOST_NAMED = 5
ASKING = [Role.REQUESTER.value, Role.BUYER.value]


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that buying needs.

    Shapes: `count` is how many there are; `lacking` how many of them are not as they should be;
    `page` is the name of the page on which the first is made, which says itself who may open it;
    `list_page` of the one that shows what there is. `to_name` are people who lack something.
    """

    name: Promise
    why: Promise
    page: str
    list_page: str
    counted: Any
    count: int
    lacking: int = 0
    lacking_words: Any = None
    to_name: Sequence[Mapping[str, str]] = ()

    @property
    def is_done(self) -> bool:
        """Tell whether nothing is missing here."""
        return self.count > 0 and not self.lacking

    @property
    def how_many(self) -> str:
        """How many there are, and how many of them lack something, in words."""
        words = str(self.counted % {"count": self.count})
        if self.lacking and self.count and self.lacking_words:
            words += ", " + str(self.lacking_words % {"count": self.lacking})
        return words


_PEOPLE = ngettext_lazy("%(count)d person", "%(count)d people", "count")


def readiness(council_id: UUID, at: datetime) -> list[Step]:
    """Return everything that buying needs, in the order in which it is best done: one statement."""
    counts = _counts(council_id, at)
    return [_council(counts), *_people(counts), *_money(counts), *_rules_and_goods(counts)]


def _council(counts: Mapping[str, Any]) -> Step:
    missing = [str(words) for name, words in DETAILS.items() if not counts[name].strip()]
    said = _("Still missing: %(names)s") if missing else _("All four are there")
    return Step(
        _("Your council's address"),
        _("Address, postcode, email address and VAT number stand on every order."),
        "council-settings", "council-settings",
        said % {"names": in_a_row(missing)},
        len(DETAILS) - len(missing), len(missing),
    )  # fmt: skip


def _people(counts: Mapping[str, Any]) -> list[Step]:
    return [
        Step(
            _("Somebody who asks for things"),
            _("A requester or a buyer fills a basket and sends it for approval."),
            "person-invite", "people", _PEOPLE, counts["askers"],
        ),
        Step(
            _("Somebody else who approves"),
            _("An approver with a limit, other than the one who asks: nobody approves their own."),
            "person-invite", "people", _PEOPLE, counts["approvers"], to_name=counts["no_limit"],
        ),
        Step(
            _("Somebody in finance"),
            _("A finance officer keeps the budgets and takes orders to the ledger."),
            "person-invite", "people", _PEOPLE, counts["finance"],
        ),
        Step(
            _("Somebody who receives goods"),
            _("A receiver sees what is on its way and to which door."),
            "person-invite", "people", _PEOPLE, counts["receivers"],
        ),
    ]  # fmt: skip


def _money(counts: Mapping[str, int]) -> list[Step]:
    return [
        Step(
            _("Cost centres, each with a holder"),
            _("Whose money is spent, and who answers for it. The holder must be an approver."),
            "cost-centres-file", "cost-centres",
            ngettext_lazy("%(count)d cost centre", "%(count)d cost centres", "count"),
            counts["centres"], counts["centres_lacking"],
            ngettext_lazy(
                "%(count)d without a holder who can approve",
                "%(count)d without a holder who can approve",
                "count",
            ),
        ),
        Step(
            _("Accounts"),
            _("What money is spent on, as your ledger calls it."),
            "accounts-file", "accounts",
            ngettext_lazy("%(count)d account", "%(count)d accounts", "count"),
            counts["accounts"],
        ),
        Step(
            _("Control accounts"),
            _("Which account stands for what is owed, for VAT, for the bank and so on."),
            "control-accounts-change", "control-accounts",
            ngettext_lazy("%(count)d is chosen", "%(count)d are chosen", "count"),
            counts["parts"], len(POSTED_TO) - counts["parts"],
            ngettext_lazy("%(count)d is missing", "%(count)d are missing", "count"),
        ),
        Step(
            _("Months of this year"),
            _("Nothing can be received or paid in a year that is not open."),
            "year-open", "months",
            ngettext_lazy("%(count)d month", "%(count)d months", "count"),
            counts["months"],
        ),
        Step(
            _("Budgets for this year"),
            _("How much may be spent. Nothing can be approved without one."),
            "budgets-file", "budgets",
            ngettext_lazy("%(count)d budget", "%(count)d budgets", "count"),
            counts["budgets"],
        ),
    ]  # fmt: skip


def _rules(counts: Mapping[str, Any]) -> Step:
    strangers, dead_ends = counts["steps_lacking"], _dead_ends(counts)
    in_force = _("Version %(count)d is in force")
    return Step(
        _("Rules of approval"),
        _("Who approves what. Until then nothing can be sent for approval."),
        "approval-rules-change", "approval-rules",
        in_force if counts["rules_version"] else _("There are none yet"),
        counts["rules_version"], strangers or dead_ends,
        ngettext_lazy(
            "%(count)d step names somebody who cannot approve",
            "%(count)d steps name somebody who cannot approve",
            "count",
        ) if strangers else ngettext_lazy(
            "for %(count)d of its amounts there are too few people who could approve",
            "for %(count)d of its amounts there are too few people who could approve",
            "count",
        ),
    )  # fmt: skip


def _dead_ends(counts: Mapping[str, Any]) -> int:
    """Return how many amounts of the rules in force nobody could approve as things are today.

    Why: rules that worked when they were made no longer do when an approver has left.
    """
    tiers = [
        TierStep(
            Decimal(each["above"]),
            each["order"],
            Who(each["who"]),
            tuple(map(UUID, each["people"])),
        )
        for each in counts["tiers"]
    ]
    able = [
        Approver(UUID(each["id"]), UUID(each["user"]), "", each["limit"] and Decimal(each["limit"]))
        for each in counts["able"]
    ]
    holders = [Holder("", holder) for holder in counts["holders"]]
    found = concerns(tiers, able, holders=holders)
    return len({each.rung for each in found if each.is_refused})


def _rules_and_goods(counts: Mapping[str, int]) -> list[Step]:
    return [
        Step(
            _("Delivery points"),
            _("The doors to which goods are brought."),
            "delivery-point-add", "delivery-points",
            ngettext_lazy("%(count)d delivery point", "%(count)d delivery points", "count"),
            counts["doors"],
        ),
        _rules(counts),
        Step(
            _("Suppliers with goods to sell"),
            _("Accept the suppliers that you buy from. They upload what they sell."),
            "suppliers-find", "suppliers",
            ngettext_lazy("%(count)d supplier", "%(count)d suppliers", "count"),
            counts["suppliers"],
            0 if counts["goods"] else counts["suppliers"],
            ngettext_lazy(
                "%(count)d without anything to buy yet",
                "%(count)d without anything to buy yet",
                "count",
            ),
        ),
    ]  # fmt: skip


def _counts(council_id: UUID, at: datetime) -> dict[str, Any]:
    """Return how much there is of everything, and the council's details: one statement."""
    people = Membership.objects.of(council_id).filter(is_active=True, user__is_active=True)
    able = approvers(council_id)
    askers = people.filter(roles__overlap=ASKING)
    another_asks = Exists(askers.exclude(user=OuterRef("user")))
    centres = cost_centres(council_id)
    who_approves = able.filter(pk=OuterRef("holder"))
    latest = Policy.objects.of(council_id).order_by("-version")
    in_force = latest.values("pk")[:1]
    may_approve = able.order_by().values("pk")
    named = PolicyTier.objects.of(council_id).filter(policy__in=in_force, who=Who.PEOPLE.value)
    year = financial_year(timezone.localdate(at))
    counted: dict[str, QuerySet[Any]] = {
        "askers": askers,
        "approvers": able.filter(another_asks, approval_limit_amount__gt=0),
        "finance": people.filter(roles__contains=[Role.FINANCE.value]),
        "receivers": people.filter(roles__contains=[Role.RECEIVER.value]),
        "centres": centres,
        "centres_lacking": centres.filter(~Exists(who_approves)),
        "accounts": accounts(council_id),
        "budgets": Budget.objects.of(council_id).filter(financial_year=year),
        "parts": ControlAccount.objects.of(council_id).filter(role__in=POSTED_TO),
        "months": periods(council_id, financial_year=year),
        "doors": delivery_points(council_id),
        "steps_lacking": named.exclude(people__contained_by=ArraySubquery(may_approve)),
        "suppliers": trading_suppliers(council_id),
    }
    rows = Organisation.objects.filter(pk=council_id)
    asked = {name: _count(found) for name, found in counted.items()}
    goods = Exists(live_listings(council_id).order_by())
    unlimited = able.filter(Q(approval_limit_amount=None) | Q(approval_limit_amount=0))
    lacking_limit = unlimited.values(who=JSONObject(id="pk", name="user__name"))[:MOST_NAMED]
    listed = {
        "no_limit": ArraySubquery(lacking_limit),
        "tiers": ArraySubquery(_tiers(council_id, in_force)),
        "able": ArraySubquery(_deciders(able)),
        "holders": ArraySubquery(centres.order_by().values("holder").distinct()),
    }
    version = Coalesce(Subquery(latest.values("version")[:1]), 0)
    found: dict[str, Any] = dict(
        rows.values(*DETAILS, **asked, **listed, goods=goods, rules_version=version).get()
    )
    return found


def _tiers(council_id: UUID, in_force: QuerySet[Any]) -> QuerySet[Any]:
    """Return the steps of the rules in force; sums as text, since JSON would make them inexact."""
    above = Cast("above_amount", CharField())
    rows = PolicyTier.objects.of(council_id).filter(policy__in=in_force).order_by()
    return rows.values(one=JSONObject(above=above, order="step_order", who="who", people="people"))


def _deciders(able: QuerySet[Any]) -> QuerySet[Any]:
    """Return everybody who may approve, with their limits as text."""
    limit = Cast("approval_limit_amount", CharField())
    return able.order_by().values(one=JSONObject(id="pk", user="user_id", limit=limit))


def _count(rows: QuerySet[Any]) -> Coalesce:
    """Return how many rows there are, as a part of another statement."""
    together = rows.order_by().annotate(together=Value(1)).values("together")
    return Coalesce(
        Subquery(together.annotate(n=Count("pk")).values("n"), output_field=IntegerField()), 0
    )
