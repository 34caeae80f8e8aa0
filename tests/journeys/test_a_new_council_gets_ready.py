"""From a council that was not there to its first order: everything is set up on real pages.

With real commits, since second steps are told of only after one.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

import pytest
from django.conf import settings
from django.core import mail
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.test import Client
from django.utils import timezone

from marketplace.core.dates import financial_year
from tests.factories import catalogue, organisations
from tests.factories import ordering as factory
from tests.factories.organisations import PASSWORD
from tests.factories.sign_in import code_of
from tests.journeys.conftest import Person

pytestmark = pytest.mark.usefixtures("fresh_db")

SET_UP = "/account/2fa/totp/activate/"
HOME = "harrowmere.example"
# Which part an account plays, its code, its name and its kind.
CONTROLS = (
    ("creditors", "9010", "Trade creditors", "liability"),
    ("receipts", "9020", "Goods received", "liability"),
    ("vat_input", "9030", "VAT on purchases", "asset"),
    ("vat_reverse_charge", "9035", "VAT on reverse charges", "liability"),
    ("cash_in_transit", "9045", "Payments in transit", "asset"),
    ("bank", "9040", "Bank", "asset"),
    ("card_clearing", "9050", "Cards", "liability"),
    ("price_variance", "5090", "Differences", "expense"),
    ("rounding", "5091", "Rounding", "expense"),
    ("late_payment", "5095", "Late payment", "expense"),
)


class Newcomer(Person):
    """Somebody who was invited: they follow the link in the letter and come in by themselves."""

    def __init__(self, name: str) -> None:
        self.email = f"{name.split()[0].lower()}@{HOME}"
        self.client, self.page = Client(), None
        self._choose_a_password()
        self._set_a_second_step()

    def _choose_a_password(self) -> None:
        factory.do_jobs(timezone.now())
        (letter,) = (each for each in mail.outbox if each.to == [self.email])
        link = re.search(r"https?://\S+", letter.body)[0].removeprefix(settings.SITE_ADDRESS)
        self.page = self.client.get(link, follow=True)
        assert "Choose a password" in self.text
        self.send(self.address, password1=PASSWORD, password2=PASSWORD)
        assert "Set up a second step" in self.text

    def _set_a_second_step(self) -> None:
        self.open(SET_UP)
        self.send(SET_UP, code=code_of(self.client.session["mfa.totp.secret"]))
        assert "What waits for you" in self.open("/home/")

    def missing(self) -> list[str]:
        """What the page about getting ready says is missing."""
        self.open("/getting-ready/")
        items = re.split(r'<li class="govuk-task-list__item', self.text)[1:]
        names = r'(?:task-list__link"[^>]*>|name-and-hint">)\s*([^<\s][^<]*)<'
        return [re.search(names, item)[1].strip() for item in items if "Missing" in item]

    def brings_in(self, address: str, *rows: str, **typed: object) -> None:
        """Send a list as a file, look at what it would do, and confirm it."""
        self.open(address)
        content = "\r\n".join(rows).encode()
        file = SimpleUploadedFile("list.csv", content, content_type="text/csv")
        self.send(address, files={"file": file}, **typed)
        assert "Check what will change" in self.text, self.text
        self.send(self.address)
        assert "govuk-notification-banner--success" in self.text


@dataclass
class Town:
    """Who has joined."""

    people: dict[str, Newcomer] = field(default_factory=dict)

    def invites(self, administrator: Newcomer, name: str, role: str, **typed: str) -> None:
        """Have somebody invited on the page, and have them come in."""
        administrator.open("/people/invite/")
        administrator.send(
            "/people/invite/", name=name, email=f"{name.split()[0].lower()}@{HOME}", roles=[role],
            **typed,
        )  # fmt: skip
        self.people[role] = Newcomer(name)


def test_a_new_council_gets_ready():
    cache.clear()
    seller = organisations.supplier(name="Chairs Ltd", email="orders@chairs.example")
    catalogue.listing(seller, name="Oak chair", unit_price="79.50")
    administrator = is_founded()
    assert len(administrator.missing()) == 13
    says_where_it_is(administrator)
    town = Town()
    town.invites(administrator, "Rae Requester", "requester")
    town.invites(administrator, "Ada Approver", "approver", approval_limit_amount="50,000")
    town.invites(administrator, "Fay Finance", "finance")
    town.invites(administrator, "Rex Receiver", "receiver")
    assert "Somebody else who approves" not in administrator.missing()
    brings_in_the_lists(administrator)
    says_who_approves_what(administrator)
    says_which_account_is_what(administrator)
    opens_the_year(town.people["finance"])
    sets_the_budgets(town.people["finance"])
    assert administrator.missing() == ["Suppliers with goods to sell"]
    accepts_a_supplier(administrator)
    assert administrator.missing() == []
    assert "Everything is there" in administrator.text
    assert "Getting ready to buy" not in administrator.open("/home/")
    requisition = asks_for_chairs(town.people["requester"])
    approves_them(town.people["approver"])
    reads_the_order(town.people["requester"], requisition)


def is_founded() -> Newcomer:
    call_command(
        "found_council", "Harrowmere District Council", "--slug", "harrowmere",
        "--administrator", "Una Pell", "--email", f"una@{HOME}", "--json",
    )  # fmt: skip
    administrator = Newcomer("Una Pell")
    assert "This is missing before your council can buy" in administrator.text
    return administrator


def says_where_it_is(administrator: Newcomer) -> None:
    administrator.open("/council/")
    administrator.send(
        "/council/", address="1 High Street", postcode="zz1 1zz", email=f"buy@{HOME}",
        vat_number="GB 999 0001 03",
    )  # fmt: skip
    assert "Your council's address" not in administrator.missing()


def brings_in_the_lists(administrator: Newcomer) -> None:
    administrator.brings_in(
        "/cost-centres/file/", "Code,Name,Budget holder", f"0110,Library,ada@{HOME}"
    )
    administrator.brings_in(
        "/accounts/file/",
        "Code,Name,Kind,CPV",
        "4100,Furniture,expense,39",
        *(f"{code},{name},{kind}," for _part, code, name, kind in CONTROLS),
    )
    administrator.brings_in(
        "/delivery-points/file/", "Code,Name,Address", 'LIB,Library,"1 High Street\nzz1 1zz"'
    )
    assert administrator.missing() == [
        "Control accounts", "Months of this year", "Budgets for this year", "Rules of approval",
        "Suppliers with goods to sell",
    ]  # fmt: skip


def says_who_approves_what(administrator: Newcomer) -> None:
    change = "/approval-rules/change/"
    administrator.open(change)
    assert "Below is a suggestion to begin with" in administrator.text
    administrator.send(change, "do=check")
    assert "After your change" in administrator.text
    administrator.send(change, "do=confirm")
    assert "Version 1 is in force from now on" in administrator.text


def says_which_account_is_what(administrator: Newcomer) -> None:
    change = "/control-accounts/change/"
    administrator.open(change)
    chosen = {}
    for part, code, name, _kind in CONTROLS:
        (chosen[part],) = set(
            re.findall(rf'<option value="([0-9a-f-]{{36}})">{code} {name}<', administrator.text)
        )
    administrator.send(change, **chosen)
    assert "The control accounts are saved" in administrator.text


def opens_the_year(finance: Newcomer) -> None:
    finance.open("/months/open/")
    finance.send("/months/open/", financial_year=str(financial_year(timezone.localdate())))
    assert "is open." in finance.text


def sets_the_budgets(finance: Newcomer) -> None:
    finance.brings_in("/budgets/file/", "Cost centre,Account,Amount", '0110,4100,"10,000.00"')


def accepts_a_supplier(administrator: Newcomer) -> None:
    administrator.open("/suppliers/find/")
    assert "Chairs Ltd" in administrator.text
    administrator.send("/suppliers/find/", on="/suppliers/")


def asks_for_chairs(requester: Newcomer) -> str:
    requester.open("/catalogue/?q=oak")
    requester.send("/catalogue/", on="/basket/add/", quantity="4")
    requester.open("/basket/")
    coding = re.search(r'name="(coding-[^"]+)"', requester.text)[1]
    paid_from = re.search(r'<option value="([0-9a-f-]{36})"', requester.text)[1]
    requester.send("/basket/", "continue", **{coding: paid_from})
    assert "Ada Approver" in requester.text
    point = re.search(r'name="delivery_point" type="radio" value="([^"]+)"', requester.text)[1]
    requester.send(
        requester.address, title="Chairs", reason="There are none.", delivery_point=point
    )
    assert "is on its way for approval" in requester.text
    return requester.address


def approves_them(approver: Newcomer) -> None:
    approver.open("/approvals/")
    assert "There are none." in approver.text
    decide = re.search(r'href="(/requisitions/[^/]+/decide/)"', approver.text)[1]
    approver.open(decide)
    approver.send(decide, "verdict=approve")
    assert "The orders are on their way" in approver.text


def reads_the_order(requester: Newcomer, requisition: str) -> None:
    factory.do_jobs(timezone.now())
    requester.open(requisition)
    order = re.search(r'href="(/orders/[^/]+/)"', requester.text)[1]
    requester.open(order)
    assert "was sent to the supplier" in requester.text
    assert "£318.00" in requester.text
    assert any(letter.to == ["orders@chairs.example"] for letter in mail.outbox)
