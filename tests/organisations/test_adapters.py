"""Mail about signing in names this site by its own address."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from django.test import RequestFactory

from marketplace.core.tenancy import stewardship
from marketplace.jobs.models import Job
from marketplace.organisations.adapters import InvitedOnly

pytestmark = pytest.mark.django_db


@pytest.fixture
def asked_elsewhere(settings):
    """A request that chose the host that it asks for, on a site that answers to every name."""
    settings.ALLOWED_HOSTS = ["*"]
    settings.SITE_ADDRESS = "https://market.council.example"
    return RequestFactory().get("/", HTTP_HOST="evil.example")


def test_a_link_that_proves_an_address_leads_here(asked_elsewhere):
    adapter = InvitedOnly(asked_elsewhere)
    link = adapter.get_email_confirmation_url(asked_elsewhere, SimpleNamespace(key="abc"))
    assert link.startswith("https://market.council.example/account/")


def test_no_mail_repeats_the_host_that_was_asked_for(asked_elsewhere):
    user = SimpleNamespace(email="a@b.example", name="A", pk=None)
    adapter = InvitedOnly(asked_elsewhere)
    facts = {"user": user, "timestamp": "now", "ip": "127.0.0.1", "user_agent": "x"}
    adapter.request = asked_elsewhere
    adapter.send_mail("account/email/password_changed", user.email, facts)
    with stewardship():
        payload = Job.objects.get(name="organisations.send_account_mail").payload
    assert "evil.example" not in str(payload)
    assert "market.council.example" in str(payload)
