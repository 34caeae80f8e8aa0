"""The consortium as it stands before anybody buys: councils, suppliers, people, money, rules."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, time
from uuid import UUID

from fixtures.councils import COUNCILS, budgets
from fixtures.history import LONDON
from fixtures.shapes import ApprovalTier, Council, Person, Supplier
from fixtures.suppliers import SUPPLIERS
from marketplace.approvals.rules import TierStep, Who
from marketplace.approvals.services.policies import set_policy
from marketplace.audit.services import record
from marketplace.core.actors import Actor
from marketplace.core.dates import financial_year
from marketplace.core.tenancy import tenant
from marketplace.ledger.selectors.coding import keys_by_code
from marketplace.ledger.services.budgets import BudgetFigure, set_budgets
from marketplace.ledger.services.code_lists import CodeRow, set_codes
from marketplace.ledger.services.coding import ACCOUNTS, COST_CENTRES
from marketplace.ledger.services.controls import set_control_accounts
from marketplace.ledger.services.periods import open_year
from marketplace.ledger.states import AccountRole
from marketplace.ordering.delivery_points.services import DELIVERY_POINTS
from marketplace.organisations.models import (
    Kind,
    Membership,
    Nation,
    Organisation,
    SupplierProfile,
)
from marketplace.organisations.selectors.people import actor_of, person_by_email
from marketplace.organisations.services.enrolling import enrol_person
from marketplace.organisations.services.suppliers import accept_supplier, suspend_supplier

WHY_SUSPENDED = "Two deliveries were late by more than a week. We speak again in January."


@dataclass(slots=True)
class Consortium:
    """What was founded, found again by what the fixtures call it.

    `actors` by slug of the organisation and e-mail.
    """

    organisations: dict[str, Organisation] = field(default_factory=dict)
    actors: dict[tuple[str, str], Actor] = field(default_factory=dict)

    def id_of(self, slug: str) -> UUID:
        """Return the key of an organisation."""
        return self.organisations[slug].pk

    def actor(self, slug: str, email: str) -> Actor:
        """Return somebody acting for an organisation."""
        return self.actors[slug, email]


def slugs() -> set[str]:
    """Return what the organisations of the demo are called in addresses."""
    return {each.slug for each in COUNCILS} | {each.slug for each in SUPPLIERS}


def founded_at(today: date) -> datetime:
    """Return the instant at which the consortium began: 1 April of the year before."""
    return datetime.combine(date(financial_year(today) - 1, 4, 1), time(9), LONDON)


def found(today: date) -> Consortium:
    """Make every organisation, its people and what it needs before it can buy or sell."""
    at = founded_at(today)
    consortium = Consortium()
    for seller in SUPPLIERS:
        _found_supplier(consortium, seller, at)
    for buyer in COUNCILS:
        _found_council(consortium, buyer, at)
        _let_buy(consortium, buyer, at, today)
    return consortium


def find_again() -> Consortium:
    """Return the consortium that was founded before."""
    consortium = Consortium()
    for organisation in Organisation.objects.filter(slug__in=slugs()):
        consortium.organisations[organisation.slug] = organisation
        with tenant(organisation.pk):
            people = Membership.objects.of(organisation.pk)
            for membership in people.select_related("user", "organisation"):
                _remember(consortium, organisation.slug, membership)
    return consortium


def _remember(consortium: Consortium, slug: str, membership: Membership) -> None:
    consortium.actors[slug, membership.user.email] = actor_of(membership)


def _found_supplier(consortium: Consortium, seller: Supplier, at: datetime) -> None:
    organisation = Organisation.objects.create(
        kind=Kind.SUPPLIER,
        name=seller.name,
        name_welsh=seller.name_cy,
        slug=seller.slug,
        email=seller.email,
        telephone=seller.telephone,
        address="\n".join((*seller.address.lines, seller.address.town)),
        postcode=seller.address.postcode,
        vat_number=f"GB{seller.vat_number}",
        company_number=seller.company_number,
    )
    with tenant(organisation.pk):
        SupplierProfile.objects.create(
            organisation=organisation,
            about=seller.about,
            is_sme=seller.is_sme,
            is_vcse=seller.is_vcse,
        )
        _enrol(consortium, organisation, seller.people, at)


def _found_council(consortium: Consortium, buyer: Council, at: datetime) -> None:
    organisation = Organisation.objects.create(
        kind=Kind.COUNCIL,
        name=buyer.name,
        name_welsh=buyer.name_cy,
        slug=buyer.slug,
        colour=buyer.colour,
        email=buyer.email,
        telephone=buyer.telephone,
        address="\n".join((*buyer.address.lines, buyer.address.town)),
        postcode=buyer.address.postcode,
        nation=Nation[buyer.nation.upper()],
        vat_number=f"GB{buyer.vat_number}",
        order_prefix=buyer.order_number_format.split("{")[0].rstrip("-/"),
    )
    with tenant(organisation.pk):
        _enrol(consortium, organisation, buyer.people, at)
        _code(consortium, buyer, at)


def _enrol(
    consortium: Consortium, organisation: Organisation, people: Iterable[Person], at: datetime
) -> None:
    """Add people, who enter by the demo's page: nobody is mailed, since nobody would read it."""
    consortium.organisations[organisation.slug] = organisation
    for person in people:
        user = person_by_email(person.email) or enrol_person(name=person.name, email=person.email)
        membership = Membership.objects.create(
            user=user,
            organisation=organisation,
            roles=list(person.roles),
            approval_limit_amount=person.approval_limit_amount,
        )
        record(
            "person.joined",
            membership,
            actor=None,
            at=at,
            organisation_id=organisation.pk,
            after={
                "name": user.name,
                "email": user.email,
                "roles": membership.roles,
                "approval_limit_amount": person.approval_limit_amount,
            },
        )
        _remember(consortium, organisation.slug, membership)


def _code(consortium: Consortium, buyer: Council, at: datetime) -> None:
    """Make what spending is coded to, and the doors that goods are brought to."""
    administrator = consortium.actor(buyer.slug, buyer.with_role("administrator")[0].email)
    record(
        "council.joined",
        consortium.organisations[buyer.slug],
        actor=None,
        at=at,
        organisation_id=consortium.id_of(buyer.slug),
        after={"name": buyer.name},
    )
    accounts = [
        CodeRow(
            each.code,
            {
                "name": each.name,
                "name_welsh": each.name_cy,
                "kind": each.kind,
                "categories": list(each.categories),
            },
        )
        for each in buyer.accounts
    ]
    centres = [
        CodeRow(
            each.code,
            {
                "name": each.name,
                "name_welsh": each.name_cy,
                "directorate": each.directorate,
                "holder_id": consortium.actor(buyer.slug, each.holder).membership_id,
            },
        )
        for each in buyer.cost_centres
    ]
    doors = [
        CodeRow(
            each.code,
            {
                "name": each.name,
                "address": "\n".join(
                    (*each.address.lines, each.address.town, each.address.postcode)
                ),
                "instructions": each.instructions,
            },
        )
        for each in buyer.delivery_points
    ]
    for codes, rows in ((ACCOUNTS, accounts), (COST_CENTRES, centres), (DELIVERY_POINTS, doors)):
        set_codes(codes=codes, keeper=administrator, rows=rows, at=at)


def _let_buy(consortium: Consortium, buyer: Council, at: datetime, today: date) -> None:
    """Give a council its rules, its budgets and its suppliers."""
    administrator = consortium.actor(buyer.slug, buyer.with_role("administrator")[0].email)
    with tenant(administrator.organisation_id):
        set_policy(
            administrator=administrator,
            tiers=[
                step for tier in buyer.approval_tiers for step in _steps(consortium, buyer, tier)
            ],
            over_budget_allowed_by=[
                consortium.actor(buyer.slug, email).membership_id
                for email in buyer.over_budget_allowed_by
            ],
            at=at,
        )
        _set_controls(consortium, buyer, at)
        for year in (financial_year(today) - 1, financial_year(today)):
            _set_budgets(consortium, buyer, year, at)
            open_year(finance=_finance(consortium, buyer), financial_year=year, at=at)
        for seller in SUPPLIERS:
            if buyer.slug in seller.councils:
                _accept(consortium, buyer, seller, administrator, at)


def _steps(consortium: Consortium, buyer: Council, tier: ApprovalTier) -> Iterable[TierStep]:
    for place, step in enumerate(tier.steps, start=1):
        if step == "holder":
            yield TierStep(tier.over_amount, place, Who.HOLDER)
        else:
            emails = (step,) if isinstance(step, str) else step
            people = tuple(consortium.actor(buyer.slug, who).membership_id for who in emails)
            yield TierStep(tier.over_amount, place, Who.PEOPLE, people)


def _finance(consortium: Consortium, buyer: Council) -> Actor:
    return consortium.actor(buyer.slug, buyer.with_role("finance")[0].email)


def _set_controls(consortium: Consortium, buyer: Council, at: datetime) -> None:
    finance = _finance(consortium, buyer)
    _centres, accounts = keys_by_code(finance.organisation_id)
    set_control_accounts(
        finance=finance,
        accounts={AccountRole(part): accounts[code] for part, code in buyer.control_accounts},
        at=at,
    )


def _set_budgets(consortium: Consortium, buyer: Council, year: int, at: datetime) -> None:
    finance = _finance(consortium, buyer)
    centres, accounts = keys_by_code(finance.organisation_id)
    set_budgets(
        finance=finance,
        financial_year=year,
        figures=[
            BudgetFigure(
                centres[each.cost_centre],
                accounts[each.account],
                each.amount,
                buyer.over_budget == "stop",
            )
            for each in budgets(buyer, year)
        ],
        at=at,
    )


def _accept(
    consortium: Consortium, buyer: Council, seller: Supplier, administrator: Actor, at: datetime
) -> None:
    link = accept_supplier(
        administrator=administrator,
        supplier_id=consortium.id_of(seller.slug),
        is_local=buyer.slug in seller.local_to,
        at=at,
    )
    if buyer.slug in seller.suspended_by:
        suspend_supplier(administrator=administrator, link_id=link.pk, reason=WHY_SUSPENDED, at=at)
