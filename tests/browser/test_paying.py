"""A council pays its suppliers in a real browser: two people, the bank's file, what comes back."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.utils import timezone

from invoicing.payments.bank_days import is_bank_day, next_bank_day
from marketplace.core.dates import financial_year
from marketplace.core.tenancy import stewardship
from marketplace.organisations.models import Membership
from tests.browser.conftest import NARROW, WIDE, Visitor
from tests.factories import ledger, payments

pytestmark = [pytest.mark.browser]


@pytest.fixture
def house(demo_db):
    made = payments.house()
    if financial_year(timezone.localdate()) != 2026:
        ledger.year(made.council, financial_year(timezone.localdate()))
    payments.invoices(made, ["1234.50", "-34.50"], pay_by_on=timezone.localdate())
    other = payments.payee(made.council, name="Long-named Supplies and Services (Holdings) Limited")
    payments.invoices(made, ["99.99"], supplier=other, pay_by_on=timezone.localdate())
    unsure = payments.supplier(made.council, name="Unsure Ltd")
    payments.account(unsure, added_at=timezone.now())
    payments.invoices(made, ["7.00"], supplier=unsure, pay_by_on=timezone.localdate())
    return made


def become(browser, site, actor, **options):
    with stewardship():
        membership = Membership.objects.select_related("user", "organisation").get(
            pk=actor.membership_id
        )
    return Visitor(browser, site, **options).sign_in(membership)


class Eyes:
    """What is wrong with the pages that were looked at."""

    def __init__(self):
        self.faults = []

    def on(self, visitor):
        self.faults += [*visitor.faults(width=WIDE), *visitor.faults(width=NARROW)]


def press(visitor, name):
    visitor.page.get_by_role("button", name=name).click()
    visitor.page.wait_for_load_state()


def fill_day(visitor, name, day):
    for part in ("day", "month", "year"):
        visitor.page.fill(f"[name={name}-{part}]", str(getattr(day, part)))


def prepare(visitor, eyes):
    visitor.open("/payment-runs/new/")
    press(visitor, "Prepare the payment run")
    eyes.on(visitor)
    visitor.troubles.clear()  # Chromium says of every 422 that it is one
    fill_day(visitor, "pay_on", next_bank_day(timezone.localdate()))
    visitor.page.fill("[name=payer_name]", "Ambridge Council")
    visitor.page.fill("[name=payer_sort_code]", "20-20-15")
    visitor.page.fill("[name=payer_account_number]", "55555555")
    eyes.on(visitor)
    press(visitor, "Prepare the payment run")
    visitor.page.wait_for_url("**/payment-runs/*-*/")
    return visitor.path


def approve(visitor, path, eyes):
    visitor.open(path)
    eyes.on(visitor)
    visitor.page.get_by_role("button", name="Check and approve").click()
    visitor.page.wait_for_url("**/approve/")
    eyes.on(visitor)
    press(visitor, "Approve this payment run")
    visitor.page.wait_for_url(f"**{path}")


def pay(visitor, path, eyes):
    visitor.open(path)
    press(visitor, "Make the file for the bank")
    eyes.on(visitor)
    with visitor.page.expect_download() as waiting:
        visitor.page.get_by_role("button", name="Download the file").click()
    assert b"pain.001.001.09" in Path(waiting.value.path()).read_bytes()
    visitor.page.locator("a[href$='/came-back/']").first.click()
    visitor.page.wait_for_url("**/came-back/")
    visitor.page.fill("[name=reason]", "AC04, account closed")
    eyes.on(visitor)
    press(visitor, "Yes, it came back")
    visitor.page.wait_for_url(f"**{path}")
    visitor.page.get_by_role("button", name="The bank has paid").click()
    visitor.page.wait_for_url("**/settle/")
    fill_day(visitor, "settled_on", timezone.localdate())
    eyes.on(visitor)
    press(visitor, "Yes, the bank has paid")
    if is_bank_day(timezone.localdate()):
        visitor.page.wait_for_url(f"**{path}")
    else:  # The run is to be paid on a day that has not come yet.
        visitor.page.get_by_text("There is a problem").wait_for()
        visitor.troubles.clear()
    eyes.on(visitor)


def test_from_what_is_due_to_what_the_bank_paid(browser, site, house):
    eyes = Eyes()
    officer, checker = (become(browser, site, each) for each in (house.preparer, house.checker))
    path = prepare(officer, eyes)
    approve(checker, path, eyes)
    pay(officer, path, eyes)
    for page in ("/payment-runs/", "/payees/", "/payees/?show=open", "/home/"):
        officer.open(page)
        eyes.on(officer)
    officer.open("/payees/?show=open")
    officer.page.locator("a[href$='/confirm/']").first.click()
    officer.page.wait_for_url("**/confirm/")
    eyes.on(officer)
    seller = become(browser, site, house.seller)
    seller.open("/supplier/payments/")
    eyes.on(seller)
    seller.page.locator("table a").first.click()
    seller.page.wait_for_url("**/supplier/payments/*-*/")
    eyes.on(seller)
    seller.open("/supplier/accounts/")
    eyes.on(seller)
    assert eyes.faults + officer.troubles + checker.troubles + seller.troubles == []
    for each in (officer, checker, seller):
        each.context.close()


def test_the_same_without_scripts(browser, site, house):
    officer = become(browser, site, house.preparer, scripts=False)
    checker = become(browser, site, house.checker, scripts=False)
    no_eyes = type("Shut", (), {"on": lambda self, visitor: None})()
    path = prepare(officer, no_eyes)
    approve(checker, path, no_eyes)
    pay(officer, path, no_eyes)
    assert "Paid by the bank" in officer.page.inner_text("h1")
    for each in (officer, checker):
        each.context.close()
