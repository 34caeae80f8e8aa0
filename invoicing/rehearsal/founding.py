"""An invented council that can buy and pay, with a supplier, founded as real ones are.

Everything goes through the services: people are invited and accept, codes and rules are set by
whoever may, and each duty that must be apart has somebody of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Final
from uuid import UUID

from django.utils import timezone

from invoicing.payments.services.accounts import add_supplier_account, confirm_account
from marketplace.approvals.rules import TierStep, Who
from marketplace.approvals.services.policies import set_policy
from marketplace.core.actors import Actor, Role
from marketplace.core.dates import financial_year
from marketplace.core.tenancy import tenant
from marketplace.ledger.selectors.coding import keys_by_code
from marketplace.ledger.services.budgets import BudgetFigure, set_budgets
from marketplace.ledger.services.code_lists import CodeRow, set_codes
from marketplace.ledger.services.coding import ACCOUNTS, COST_CENTRES
from marketplace.ledger.services.controls import set_control_accounts
from marketplace.ledger.services.periods import open_year
from marketplace.ledger.states import ROLE_KINDS, AccountRole
from marketplace.ordering.delivery_points.services import DELIVERY_POINTS
from marketplace.organisations.models import Membership, Nation, Organisation
from marketplace.organisations.selectors.people import actor_of
from marketplace.organisations.services.councils import change_council
from marketplace.organisations.services.founding import found_council
from marketplace.organisations.services.people import accept_invitation, invite_person
from marketplace.organisations.services.supplier_details import change_supplier
from marketplace.organisations.services.suppliers import register_supplier

COST_CENTRE: Final = "1000"
SPENT_ON: Final = "4000"
DOOR: Final = "Storybrook Town Hall, 1 Nowhere Street, Storybrook, ZZ1 1ZZ"
LONGEST_NAME: Final = 200
HIGHEST_LIMIT: Final = Decimal("999999999999.00")
# HMRC never gives out numbers that begin with 999, nor banks these sort codes for real accounts.
SUPPLIER_VAT: Final = "GB999000103"
COUNCIL_VAT: Final = "GB999000201"

# Who does what: nobody here holds two duties that must be apart.
PEOPLE: Final[Mapping[str, tuple[str, Role]]] = {
    "requester": ("Rae Requester", Role.REQUESTER),
    "approver": ("Ada Approver", Role.APPROVER),
    "receiver": ("Dee Door", Role.RECEIVER),
    "finance": ("Fay Finance", Role.FINANCE),
    "checker": ("Fen Finance", Role.FINANCE),
    "payments": ("Pat Payments", Role.PAYMENTS),
    "caller": ("Cal Caller", Role.PAYMENTS),
}
# Code and name of the account that plays each part; the kind goes with the part.
CONTROLS: Final[Mapping[AccountRole, tuple[str, str]]] = {
    AccountRole.CREDITORS: ("9010", "Trade creditors"),
    AccountRole.RECEIPTS: ("9020", "Goods received and not invoiced"),
    AccountRole.VAT_INPUT: ("9030", "VAT on purchases"),
    AccountRole.VAT_REVERSE_CHARGE: ("9035", "VAT on reverse charges"),
    AccountRole.BANK: ("9040", "Bank"),
    AccountRole.CASH_IN_TRANSIT: ("9045", "Payments in transit"),
    AccountRole.CARD_CLEARING: ("9050", "Cards"),
    AccountRole.PRICE_VARIANCE: ("5090", "Differences of price"),
    AccountRole.ROUNDING: ("5091", "Rounding"),
    AccountRole.LATE_PAYMENT: ("5095", "Interest for late payment"),
}


@dataclass(frozen=True, slots=True)
class House:
    """A council with its people, and a supplier that it buys from and can pay."""

    council: Organisation
    supplier: Organisation
    seller: Actor
    clock: Callable[[], datetime]
    people: dict[str, Actor] = field(default_factory=dict)

    def person(self, duty: str) -> Actor:
        """Return whoever has a duty, as PEOPLE names it."""
        return self.people[duty]

    @contextmanager
    def acting(self, duty: str) -> Iterator[Actor]:
        """Be somebody of the council within a block."""
        person = self.people[duty]
        with tenant(self.council.pk, person.user_id):
            yield person

    @contextmanager
    def selling(self) -> Iterator[Actor]:
        """Be the supplier's person within a block."""
        with tenant(self.supplier.pk, self.seller.user_id):
            yield self.seller


def found(name: str, supplier_name: str, *, clock: Callable[[], datetime]) -> House:
    """Found a council and a supplier of which there are none of these names yet.

    Shapes: a name that is taken gets the next number behind it, so that a database may hold many.
    """
    at = clock()
    slug, number = _free_slug(name)
    council = found_council(
        name=f"{name} {number}" if number > 1 else name,
        slug=slug,
        nation=Nation.ENGLAND,
        administrator_name="Adi Administrator",
        administrator_email=f"administrator@{slug}.example",
        at=at,
    )
    with tenant(council.pk):
        administrator = _accepted(Membership.objects.of(council.pk).get(), at)
    people = {"administrator": administrator}
    with tenant(council.pk, administrator.user_id):
        change_council(
            administrator=administrator,
            version=council.version,
            details={
                "address": "Storybrook Town Hall\n1 Nowhere Street\nStorybrook",
                "postcode": "ZZ1 1ZZ",
                "vat_number": COUNCIL_VAT,
                "email": f"orders@{slug}.example",
            },
            at=at,
        )
        for duty in PEOPLE:
            people[duty] = _joined(administrator, slug, duty, at)
        _code(administrator, at)
        _set_rules(administrator, people["finance"], at)
    sold_by = f"{supplier_name} {number}" if number > 1 else supplier_name
    supplier, seller = _supplied(administrator, slug, sold_by, at)
    council.refresh_from_db()
    house = House(council, supplier, seller, clock, people)
    _make_payable(house, at)
    return house


def accept_seller(house: House, name: str, *, at: datetime) -> None:
    """Make somebody of this name a supplier of the council, of whom nothing else is known."""
    with house.acting("administrator") as administrator:
        register_supplier(
            administrator=administrator,
            name=name[:LONGEST_NAME],
            company_number="",
            contact_name="Somebody who sells",
            contact_email=f"sellers@others.{house.council.slug}.example",
            is_local=False,
            at=at,
        )


def set_budget(house: House, amount: Decimal, *, at: datetime) -> None:
    """Give the one cost centre so much to spend this year. Units: GBP."""
    with house.acting("finance") as finance:
        centres, accounts = keys_by_code(house.council.pk)
        set_budgets(
            finance=finance,
            financial_year=financial_year(timezone.localdate(at)),
            figures=[BudgetFigure(centres[COST_CENTRE], accounts[SPENT_ON], amount, True)],
            at=at,
        )


def _free_slug(name: str) -> tuple[str, int]:
    wanted = name.split()[0].lower()
    taken = set(Organisation.objects.filter(slug__startswith=wanted).values_list("slug", flat=True))
    number = 1
    while (slug := f"{wanted}-{number}" if number > 1 else wanted) in taken:
        number += 1
    return slug, number


def _accepted(membership: Membership, at: datetime) -> Actor:
    """Let somebody follow the link of their invitation."""
    with tenant(None, membership.user_id):
        accept_invitation(user_id=membership.user_id, membership_id=membership.pk, at=at)
    rows = Membership.objects.of(membership.organisation_id)
    return actor_of(rows.select_related("user", "organisation").get(pk=membership.pk))


def _joined(administrator: Actor, slug: str, duty: str, at: datetime) -> Actor:
    name, role = PEOPLE[duty]
    invited = invite_person(
        keeper=administrator,
        name=name,
        email=f"{name.split()[0].lower()}@{slug}.example",
        roles=[role],
        approval_limit_amount=HIGHEST_LIMIT if role is Role.APPROVER else None,
        at=at,
    )
    return _accepted(invited, at)


def _code(administrator: Actor, at: datetime) -> None:
    """Make what spending is coded to, and the door that goods are brought to."""
    accounts = [CodeRow(SPENT_ON, {"name": "Goods", "kind": "expense", "categories": []})]
    accounts += [
        CodeRow(code, {"name": name, "kind": ROLE_KINDS[role].value, "categories": []})
        for role, (code, name) in CONTROLS.items()
    ]
    centres = [CodeRow(COST_CENTRE, {"name": "Libraries", "directorate": "Places"})]
    doors = [CodeRow("HALL", {"name": "Town Hall", "address": DOOR, "instructions": ""})]
    for codes, rows in ((ACCOUNTS, accounts), (COST_CENTRES, centres), (DELIVERY_POINTS, doors)):
        set_codes(codes=codes, keeper=administrator, rows=rows, at=at)


def _set_rules(administrator: Actor, finance: Actor, at: datetime) -> None:
    """Say who approves, which account plays which part, and open the months."""
    set_policy(
        administrator=administrator,
        tiers=[TierStep(Decimal(0), 1, Who.ANY_APPROVER)],
        at=at,
    )
    _centres, accounts = keys_by_code(finance.organisation_id)
    set_control_accounts(
        finance=finance,
        accounts={role: accounts[code] for role, (code, _name) in CONTROLS.items()},
        at=at,
    )
    open_year(finance=finance, financial_year=financial_year(timezone.localdate(at)), at=at)


def _supplied(
    administrator: Actor, slug: str, name: str, at: datetime
) -> tuple[Organisation, Actor]:
    """Register a supplier whose first person accepts and says what every invoice must."""
    with tenant(administrator.organisation_id, administrator.user_id):
        link = register_supplier(
            administrator=administrator,
            name=name,
            company_number="",
            contact_name="Sal Seller",
            contact_email=f"sal@supplies.{slug}.example",
            is_local=True,
            at=at,
        )
    supplier_id: UUID = link.supplier_id
    with tenant(supplier_id):
        seller = _accepted(Membership.objects.of(supplier_id).get(), at)
    with tenant(supplier_id, seller.user_id):
        supplier = Organisation.objects.get(pk=supplier_id)
        changed = change_supplier(
            supplier=seller,
            version=supplier.version,
            details={
                "address": "2 Nowhere Street\nStorybrook",
                "postcode": "ZZ1 1ZZ",
                "vat_number": SUPPLIER_VAT,
            },
            at=at,
        )
    return changed, seller


def _make_payable(house: House, at: datetime) -> None:
    """Let the supplier say where it is paid, and somebody at the council make sure of it."""
    with house.selling() as seller:
        account = add_supplier_account(
            supplier=seller,
            name=house.supplier.name[:140],
            sort_code="000000",
            account_number="12345674",
            at=at,
        )
    with house.acting("caller") as caller:
        confirm_account(
            account_id=account.pk,
            person=caller,
            spoke_to=house.seller.name,
            spoke_by="Telephone, with the number that was known before",
            at=at,
        )
