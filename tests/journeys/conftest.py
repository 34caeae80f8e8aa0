"""What the stories have in common: a browser without scripts for each person."""

from __future__ import annotations

from html.parser import HTMLParser

import pytest
from django.test import Client
from django.utils import timezone

from marketplace.core.tenancy import stewardship
from marketplace.ordering.models import DeliveryPoint
from marketplace.organisations.models import Membership
from tests.factories import ordering as factory
from tests.factories.organisations import sign_in


class Forms(HTMLParser):
    """Collects the forms of a page with what they would send as they stand."""

    def __init__(self) -> None:
        super().__init__()
        self.forms: list[dict] = []
        self._select: str | None = None
        self._area: str | None = None

    def handle_starttag(self, tag, attrs):
        said = dict(attrs)
        if tag == "form":
            self.forms.append({"action": said.get("action", ""), "fields": {}, "buttons": []})
        elif self.forms:
            take = getattr(self, f"take_{tag}", None)
            if take:
                take(said, self.forms[-1]["fields"])

    def take_input(self, said, fields):
        kind, name = said.get("type"), said.get("name")
        if not name or kind == "file":
            return
        if kind in {"checkbox", "radio"}:
            if "checked" in said:
                fields[name] = said.get("value", "on")
        else:
            fields[name] = said.get("value", "")

    def take_button(self, said, fields):
        self.forms[-1]["buttons"].append((said.get("name"), said.get("value")))

    def take_select(self, said, fields):
        self._select = said.get("name")

    def take_option(self, said, fields):
        if self._select and ("selected" in said or self._select not in fields):
            fields[self._select] = said.get("value", "")

    def take_textarea(self, said, fields):
        self._area = said.get("name")
        fields[self._area] = ""

    def handle_endtag(self, tag):
        if tag == "select":
            self._select = None
        if tag == "textarea":
            self._area = None

    def handle_data(self, data):
        if self._area and self.forms:
            self.forms[-1]["fields"][self._area] += data


class Person:
    """Somebody with a browser in which scripts are turned off."""

    def __init__(self, membership: Membership) -> None:
        self.client = sign_in(Client(), membership)
        self.page = None

    def open(self, address: str):
        """Open a page, which must be there."""
        self.page = self.client.get(address)
        assert self.page.status_code == 200, (address, self.page.status_code)
        return self.text

    def look_again(self):
        """Open the same page once more, and go where it leads when the worker has done its part."""
        factory.do_jobs(timezone.now())
        self.page = self.client.get(self.address, follow=True)
        return self.text

    def send(self, address: str, /, button: str = "", *, on: str = "", files=None, **typed):
        """Send the form of the page that is open: its fields as they are, and what is typed.

        `on` is the beginning of the form's action; `button` the name of the button, or name=value.
        """
        forms = Forms()
        forms.feed(self.text)
        fitting = [form for form in forms.forms if form["action"].startswith(on)] if on else [
            form for form in forms.forms
            if not form["action"] or form["action"] == address
        ]  # fmt: skip
        wanted = fitting[0] if not button else next(
            form for form in fitting
            if any(name == button.partition("=")[0] for name, _value in form["buttons"])
        )  # fmt: skip
        said = {**wanted["fields"], **typed, **(files or {})}
        if button:
            name, _equals, value = button.partition("=")
            said[name] = value or "1"
        self.page = self.client.post(wanted["action"] or address, said, follow=True)
        return self.text

    @property
    def text(self) -> str:
        """What the page says."""
        return self.page.content.decode()

    @property
    def address(self) -> str:
        """Where the page is."""
        return self.page.wsgi_request.get_full_path()


def person(actor) -> Person:
    """Return a browser for somebody who is known as an actor."""
    with stewardship():
        membership = Membership.objects.select_related("user", "organisation").get(
            pk=actor.membership_id
        )
    return Person(membership)


@pytest.fixture
def market(db):
    """A council and a supplier, ready to trade."""
    made = factory.market()
    with stewardship():
        DeliveryPoint.objects.create(
            council=made.council, code="LIB", name="Central Library",
            address="1 High Street\nAmbridge", instructions="Ring twice",
        )  # fmt: skip
    return made
