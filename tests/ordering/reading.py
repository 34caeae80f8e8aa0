"""Signing somebody in and reading what they are shown, for the tests of pages."""

from __future__ import annotations

from marketplace.core.tenancy import stewardship
from marketplace.organisations.models import Membership
from tests.factories.organisations import sign_in


def as_(client, actor):
    """Sign somebody in who is known as an actor."""
    with stewardship():
        membership = Membership.objects.select_related("user", "organisation").get(
            pk=actor.membership_id
        )
    return sign_in(client, membership)


def text(response):
    return response.content.decode()


def seen(market, model, **facts):
    with market.acting():
        return model.objects.get(**facts)
