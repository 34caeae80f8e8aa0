"""The pages on which auditors take everything with them."""

from __future__ import annotations

import io

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from marketplace.core.tenancy import act_for, stewardship
from marketplace.desk.bundles.keys import public_key
from marketplace.desk.models import AuditBundle
from tests.desk.bundles.making import PROGRAM, checked
from tests.factories import audit, ordering, organisations
from tests.factories.organisations import sign_in

pytestmark = pytest.mark.django_db

LIST = "audit-bundles"


@pytest.fixture(autouse=True)
def state(settings, tmp_path):
    settings.SIGNING_KEY = ""
    settings.STATE_DIR = tmp_path / "state"
    return settings


@pytest.fixture
def council():
    council = organisations.council()
    act_for(council.pk)
    audit.write(council, timezone.now(), 3)
    return council


@pytest.fixture(params=["auditor", "administrator"])
def auditor(request, client, council):
    return sign_in(client, organisations.person(council, request.param))


def text(response):
    return response.content.decode()


def days():
    today = timezone.localdate().isoformat()
    return {"since_on": today, "until_on": today}


def asked(client):
    client.post(reverse(LIST), days())
    with stewardship():
        return AuditBundle.objects.latest("id")


def test_from_asking_to_checking(auditor, tmp_path):
    page = text(auditor.get(reverse(LIST)))
    assert public_key() in page
    assert "No file has been asked for yet." in page
    page = text(auditor.post(reverse(LIST), days(), follow=True))
    assert "It waits for its turn." in page
    assert "data-follow" in page
    bundle = asked(auditor)
    ordering.do_jobs(at=timezone.now())
    page = text(auditor.get(reverse("audit-bundle", args=[bundle.pk])))
    assert "Download the file" in page
    with stewardship():
        bundle.refresh_from_db()
    assert bundle.sha256 in page
    file = auditor.get(reverse("document", args=[bundle.document_id]))
    assert file["Content-Type"] == "application/zip"
    code, said = checked(tmp_path, file.content, "--key", public_key())
    assert code == 0, said
    assert "Ready" in text(auditor.get(reverse(LIST)))


def test_it_can_be_cancelled(auditor):
    bundle = asked(auditor)
    assert "Cancel" in text(auditor.get(reverse("audit-bundle", args=[bundle.pk])))
    cancel = reverse("audit-bundle-cancel", args=[bundle.pk])
    assert "The bundle is cancelled." in text(auditor.post(cancel, follow=True))
    page = text(auditor.get(reverse("audit-bundle", args=[bundle.pk])))
    assert "It was cancelled" in page
    assert auditor.post(cancel).status_code == 409
    assert auditor.get(cancel).status_code == 405


def test_what_failed_says_so(auditor, council):
    bundle = asked(auditor)
    with stewardship():
        AuditBundle.objects.filter(pk=bundle.pk).update(status="FAILED", refusal="Too much.")
    assert "Too much." in text(auditor.get(reverse("audit-bundle", args=[bundle.pk])))


def test_what_cannot_be_asked_says_why(auditor):
    answer = auditor.post(reverse(LIST), {})
    assert answer.status_code == 422
    assert "Enter the first day" in text(answer)
    answer = auditor.post(reverse(LIST), {"since_on": "2026-11-02", "until_on": "2026-11-01"})
    assert answer.status_code == 422
    assert "must not be before the first" in text(answer)
    answer = auditor.post(reverse(LIST), {"since_on": "2026-11-02", "until_on": "2999-01-01"})
    assert "Choose a last day up to today" in text(answer)
    asked(auditor)
    answer = auditor.post(reverse(LIST), days())
    assert answer.status_code == 409
    assert "Wait until it is made" in text(answer)


def test_it_is_not_for_everybody(client, council, auditor):
    bundle = asked(auditor)
    for role in ("finance", "buyer"):
        other = sign_in(client, organisations.person(council, role))
        assert other.get(reverse(LIST)).status_code == 403
        assert other.get(reverse("audit-bundle", args=[bundle.pk])).status_code == 403
    stranger = sign_in(client, organisations.person(organisations.council(), "auditor"))
    assert stranger.get(reverse("audit-bundle", args=[bundle.pk])).status_code == 404
    cancel = reverse("audit-bundle-cancel", args=[bundle.pk])
    assert stranger.post(cancel).status_code == 404


def test_the_program_is_handed_to_anybody(client):
    answer = client.get(reverse("audit-verifier"))
    assert answer.content == PROGRAM.read_bytes()
    assert "verify_bundle.py" in answer["Content-Disposition"]


def test_the_list_costs_the_same_for_many(auditor, council):
    def cost():
        with CaptureQueriesContext(connection) as asked_for:
            assert auditor.get(reverse(LIST)).status_code == 200
        return len(asked_for)

    def one():
        bundle = asked(auditor)
        auditor.post(reverse("audit-bundle-cancel", args=[bundle.pk]))

    one()
    cost()
    few = cost()
    for _ in range(4):
        one()
    assert cost() == few


def test_a_key_that_is_none_is_told_and_nothing_is_signed(auditor, state):
    state.SIGNING_KEY = "secret"
    answer = auditor.get(reverse(LIST))
    assert answer.status_code == 409
    assert "SIGNING_KEY must be 64" in text(answer)


class TestThePublicKeyByCommand:
    def test_is_printed(self):
        out = io.StringIO()
        call_command("public_key", stdout=out)
        assert out.getvalue().strip() == public_key()

    def test_is_not_printed_when_what_is_kept_is_no_key(self, state):
        state.SIGNING_KEY = "secret"
        with pytest.raises(CommandError, match="SIGNING_KEY"):
            call_command("public_key")
