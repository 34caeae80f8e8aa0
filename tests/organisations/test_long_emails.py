"""An e-mail address that is longer than any that mail can be sent to."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from marketplace.core.actors import Role
from marketplace.core.tenancy import act_for, clear
from marketplace.organisations.models import Organisation, User
from marketplace.organisations.services.councils import change_council
from marketplace.organisations.services.enrolling import EmailTooLong, enrol_person
from marketplace.organisations.services.founding import found_council
from marketplace.organisations.services.people import invite_person
from marketplace.organisations.services.supplier_details import change_supplier
from marketplace.organisations.services.suppliers import register_supplier
from tests.factories.organisations import actor, council, person, sign_in, supplier

pytestmark = pytest.mark.django_db
AT = datetime(2027, 3, 1, 12, tzinfo=ZoneInfo("Europe/London"))
HOSTS = ".".join(["a" * 60] * 3)
LONGEST = f"{'a' * 64}@{HOSTS}.example"[-254:]
LONG = f"x{LONGEST}"


def invite(home, email):
    return invite_person(
        keeper=actor(home, Role.ADMINISTRATOR), name="Ada Byron", email=email, roles=[Role.BUYER],
        approval_limit_amount=None, at=AT,
    )  # fmt: skip


def register(home, email):
    return register_supplier(
        administrator=actor(home, Role.ADMINISTRATOR), name="Alder", company_number="",
        contact_name="Grace", contact_email=email, is_local=False, at=AT,
    )  # fmt: skip


def found(_home, email):
    return found_council(
        name="Harland", slug="harland", nation="ENGLAND", administrator_name="Ada",
        administrator_email=email, at=AT,
    )  # fmt: skip


def change(home, email):
    return change_council(
        administrator=actor(home, Role.ADMINISTRATOR), version=1, details={"email": email}, at=AT
    )


def change_own(_home, email):
    firm = supplier()
    act_for(firm.pk)
    return change_supplier(
        supplier=actor(firm, Role.SUPPLIER), version=1, details={"email": email}, at=AT
    )


class TestEmailTooLong:
    @pytest.mark.parametrize("deed", [invite, register, found, change, change_own])
    def test_is_refused_by_every_service_that_keeps_one(self, deed):
        home = council()
        act_for(home.pk)
        try:
            with pytest.raises(EmailTooLong, match="254 characters or fewer") as refused:
                deed(home, f"  {LONG} ")
            assert refused.value.errors[0].pointer in {"email", "contact_email"}
        finally:
            clear()
        assert not User.objects.filter(email__contains="aaaa").exists()
        assert not Organisation.objects.filter(email__contains="aaaa").exists()

    def test_the_longest_is_taken(self):
        assert len(LONGEST) == 254
        assert enrol_person(name="Ada", email=LONGEST).email == LONGEST


@pytest.mark.parametrize(
    ("page", "fields"),
    [
        ("/people/invite/", {"name": "Ada Byron", "email": LONG, "roles": ["buyer"]}),
        (
            "/suppliers/register/",
            {"name": "Alder", "contact_name": "Grace", "contact_email": LONG},
        ),
        ("/council/", {"name": "C", "colour": "#1d70b8", "email": LONG, "version": "1"}),
        ("/account/email/", {"email": LONG, "action_add": ""}),
    ],
)
def test_is_an_error_at_the_field(client, page, fields):
    sign_in(client, person(council(), Role.ADMINISTRATOR))
    answer = client.post(page, fields)
    assert answer.status_code == 422
    assert "must be 254 characters or fewer" in answer.content.decode()
