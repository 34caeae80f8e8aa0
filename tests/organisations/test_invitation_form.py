"""What is typed about a person to invite, as far as its shape goes."""

from __future__ import annotations

import pytest

from marketplace.core.actors import OrganisationKind
from marketplace.organisations.forms import InvitationForm
from tests.factories import organisations
from tests.factories.organisations import sign_in


def errors(name: str) -> list[str]:
    sent = {"name": name, "email": "a@example.com", "roles": ["buyer"]}
    return InvitationForm(sent, kind=OrganisationKind.COUNCIL).errors.get("name", [])


@pytest.mark.parametrize(
    "name", ["http://evil.example click", "See www.evil.uk", "evil.example/x", "Win@evil"]
)
def test_a_name_has_no_address_in_it(name):
    assert errors(name) == ["Enter a name, without the address of a website or of a person"]


@pytest.mark.parametrize("name", ["J. R. O’Neill", "Dr. Zoë St.John-Smith", "Wm. Orgill", "李"])
def test_a_name_may_have_points(name):
    assert errors(name) == []


@pytest.mark.django_db
def test_what_is_wrong_is_answered_as_such(client):
    council = organisations.council()
    sign_in(client, organisations.person(council, "administrator"))
    assert client.get("/people/invite/").status_code == 200
    assert client.post("/people/invite/", {"name": ""}).status_code == 422
    for page in ("/cost-centres/add/", "/accounts/add/", "/delivery-points/add/"):
        assert client.post(page, {"code": ""}).status_code == 422


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("roles", "limit", "says"),
    [
        (["approver"], "-5", "Enter a limit of more than £0"),
        (["approver"], "", "Enter how much they may approve"),
        (["buyer"], "5", "Only an approver has an approval limit"),
        ([], "-5", "Enter a limit of more than £0"),
    ],
)
def test_everything_that_is_wrong_is_told_at_once(client, roles, limit, says):
    sign_in(client, organisations.person(organisations.council(), "administrator"))
    sent = {"name": "Bo", "email": "nobody", "roles": roles, "approval_limit_amount": limit}
    answer = client.post("/people/invite/", sent)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert 'href="#id_email"' in page
    assert page.count('href="#id_approval_limit_amount"') == 1
    assert says in page
    assert ("Choose at least one" in page) is not bool(roles)
