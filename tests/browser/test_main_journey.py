"""From search to answered order in a browser: wide, narrow, without scripts, by keyboard alone."""

from __future__ import annotations

import re

import pytest
from django.utils import timezone

from marketplace.core.tenancy import stewardship
from marketplace.ordering.models import Order, Requisition, RequisitionLine
from marketplace.ordering.states import OrderStatus, RequisitionStatus
from marketplace.organisations.models import Membership
from tests.browser.conftest import NARROW, WIDE, Visitor, member
from tests.factories.ordering import do_jobs

pytestmark = [pytest.mark.browser]

COUNCIL = "castermere"


def empty_basket(membership: Membership) -> None:
    """Begin without what the demonstration left in the basket."""
    with stewardship():
        RequisitionLine.objects.filter(
            requisition__raised_by_id=membership.user_id,
            requisition__status=RequisitionStatus.DRAFT,
        ).delete()


def latest(model, **facts):
    with stewardship():
        return model.objects.filter(**facts).order_by("-pk")[0]


def look(visitor: Visitor, width: int, faults: list[str]) -> None:
    """Hold the page that is open against axe, where scripts run."""
    if visitor.scripts:
        faults += visitor.faults(width=width)


def fill_basket(visitor: Visitor, width: int, faults: list[str]) -> None:
    page = visitor.page
    visitor.open("/home/")
    page.get_by_role("button", name="Search the catalogue").or_(
        page.get_by_role("link", name="Search the catalogue")
    ).first.click()
    page.get_by_role("searchbox").or_(page.get_by_label("Search")).first.fill("lever arch file")
    page.get_by_role("button", name="Search", exact=True).click()
    look(visitor, width, faults)
    form = page.locator("form[action='/basket/add/']").first
    form.get_by_label("Quantity").fill("4")
    form.get_by_role("button").click()
    page.get_by_text("is in your basket").wait_for()
    visitor.open("/basket/")
    for select in page.locator("select[name^='coding-']").all():
        select.select_option(index=1)
    page.get_by_role("button", name="Save changes").last.click()
    page.get_by_text("Your changes are saved").wait_for()
    look(visitor, width, faults)


def submit(visitor: Visitor, width: int, faults: list[str]) -> str:
    """Send the basket; return who is asked first."""
    page = visitor.page
    page.get_by_role("button", name="Continue").click()
    page.get_by_label("What is it for, in a few words?").fill("Files for the spring term")
    page.get_by_label("Why is it needed?").fill("The old ones are full.")
    page.get_by_role("radio").first.check()
    look(visitor, width, faults)
    page.get_by_role("button", name="Send for approval").click()
    page.get_by_text("is on its way for approval").wait_for()
    look(visitor, width, faults)
    return page.locator("#approval ~ ol > li").first.inner_text()


def approve(visitor: Visitor, asked: Requisition, width: int, faults: list[str]) -> None:
    page = visitor.page
    visitor.open("/approvals/")
    look(visitor, width, faults)
    page.get_by_role("link", name=re.compile(asked.number)).click()
    look(visitor, width, faults)
    page.get_by_label("Comment").fill("Needed")
    page.get_by_role("button", name="Approve", exact=True).click()
    page.get_by_text("You approved").wait_for()


def accept(visitor: Visitor, order: Order, width: int, faults: list[str]) -> None:
    page = visitor.page
    visitor.open("/supplier/orders/")
    page.get_by_role("link", name=order.number).click()
    page.get_by_role("button", name="Answer this order").or_(
        page.get_by_role("link", name="Answer this order")
    ).first.click()
    look(visitor, width, faults)
    page.get_by_role("button", name="Accept all of it").click()
    page.get_by_text("has your answer").wait_for()
    look(visitor, width, faults)


def walk(visitor: Visitor, width: int) -> list[str]:
    """Walk the whole story, changing from person to person; return what is wrong on the way."""
    faults: list[str] = []
    visitor.page.set_viewport_size({"width": width, "height": 900})
    requester = member(COUNCIL, "requester", name="Amira Siddiqui")
    empty_basket(requester)
    visitor.sign_in(requester)
    fill_basket(visitor, width, faults)
    submit(visitor, width, faults)
    asked = latest(Requisition, raised_by_id=requester.user_id, status=RequisitionStatus.SUBMITTED)
    decide_all(visitor, asked, width, faults)
    with stewardship():
        asked.refresh_from_db()
    assert asked.status == RequisitionStatus.APPROVED
    do_jobs(timezone.now())
    order = latest(Order, requisition=asked)
    assert order.status == OrderStatus.SENT
    with stewardship():
        seller = Membership.objects.select_related("user", "organisation").filter(
            organisation_id=order.supplier_id
        )[0]
    accept(visitor.sign_in(seller), order, width, faults)
    do_jobs(timezone.now())
    visitor.sign_in(requester).open(f"/requisitions/{asked.pk}/")
    visitor.page.get_by_text(f"The supplier answered order {order.number}").wait_for()
    look(visitor, width, faults)
    visitor.open(f"/orders/{order.pk}/print/")
    look(visitor, width, faults)
    return faults


def decide_all(visitor: Visitor, asked: Requisition, width: int, faults: list[str]) -> None:
    """Let one person after another approve, as the steps ask for them."""
    from marketplace.approvals.models import Step

    while True:
        with stewardship():
            step = Step.objects.filter(case__subject_id=asked.pk, status="CURRENT").first()
            if step is None:
                return
            approver = Membership.objects.select_related("user", "organisation").get(
                pk=step.eligible[0]
            )
        approve(visitor.sign_in(approver), asked, width, faults)


@pytest.mark.parametrize("width", [WIDE, NARROW])
def test_main_journey(visitor, width):
    assert walk(visitor, width) + visitor.troubles == []


def test_main_journey_without_scripts(plain_visitor):
    assert walk(plain_visitor, WIDE) == []


def test_main_journey_by_keyboard_alone(visitor):
    """Everything that the story needs can be reached with Tab and done with Enter and Space."""
    requester = member(COUNCIL, "requester", name="Amira Siddiqui")
    empty_basket(requester)
    visitor.sign_in(requester)
    page = visitor.page
    visitor.open("/catalogue/?q=lever+arch+file")
    tab_to(visitor, "input[name=quantity]")
    page.keyboard.press("Control+A")
    page.keyboard.type("2")
    tab_to(visitor, "form[action='/basket/add/'] button")
    page.keyboard.press("Enter")
    page.get_by_text("is in your basket").wait_for()
    visitor.open("/basket/")
    tab_to(visitor, "select[name^='coding-']")
    page.keyboard.press("ArrowDown")
    tab_to(visitor, "button[name=continue]")
    page.keyboard.press("Enter")
    page.wait_for_url("**/send/")
    tab_to(visitor, "input[name=title]")
    page.keyboard.press("Control+A")
    page.keyboard.type("By keyboard")
    tab_to(visitor, "textarea[name=reason]")
    page.keyboard.type("No mouse here.")
    tab_to(visitor, "input[name=delivery_point]")
    page.keyboard.press("Space")
    tab_to(visitor, "main form button")
    page.keyboard.press("Enter")
    page.get_by_text("is on its way for approval").wait_for()


def tab_to(visitor: Visitor, css: str) -> None:
    """Press Tab until the focus is there; each stop on the way must be visible."""
    for _ in range(200):
        visitor.page.keyboard.press("Tab")
        state = visitor.page.evaluate(
            "css => { const e = document.activeElement; const b = e.getBoundingClientRect();"
            " return [e.matches(css), e.matches('body') || (b.width > 0 && b.height > 0)]; }",
            css,
        )
        assert state[1], "The focus is on something that nobody can see."
        if state[0]:
            return
    pytest.fail(f"Tab does not lead to {css}.")
