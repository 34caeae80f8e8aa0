"""What a supplier says about itself, and who may change it."""

import pytest
from django.core import mail

from marketplace.audit.selectors import timeline
from marketplace.core.actors import Role
from marketplace.core.tenancy import tenant
from marketplace.jobs.services import run_due_jobs
from marketplace.organisations.models import Organisation
from marketplace.organisations.rules import plain_vat_number
from marketplace.organisations.selectors.people import actor_of
from marketplace.organisations.services.supplier_details import (
    DetailsChangedMeanwhile,
    DetailsInvalid,
    DetailsNotYours,
    change_supplier,
)
from tests.factories.organisations import council, link, person, supplier

pytestmark = pytest.mark.django_db


@pytest.fixture
def company():
    """A supplier that the connection acts for."""
    made = supplier(name="Hedge Ltd", email="old@hedge.example")
    with tenant(made.pk):
        yield made


@pytest.fixture
def seller(company):
    return actor_of(person(company))


def change(seller, at, version=1, **details):
    return change_supplier(supplier=seller, version=version, details=details, at=at)


def test_changes_what_is_different_and_leaves_a_trace(company, seller, at):
    changed = change(
        seller, at, email="old@hedge.example", telephone=" 01 23 ", vat_number="980 7806 84",
        about="We cut.",
    )  # fmt: skip
    assert (changed.version, changed.telephone, changed.vat_number) == (2, "01 23", "GB980780684")
    company = Organisation.objects.select_related("profile").get(pk=company.pk)
    assert (company.telephone, company.profile.about) == ("01 23", "We cut.")
    event = timeline(company).get()
    assert (event.verb, event.after.keys()) == (
        "supplier.changed", {"telephone", "vat_number", "about"},
    )  # fmt: skip
    run_due_jobs(at=at.replace(year=2100))
    assert mail.outbox == []


def test_tells_the_councils_of_a_new_address_for_orders(company, seller, at):
    home, other = council(), council()
    link(home, company)
    keeper = person(home, Role.ADMINISTRATOR)
    person(home, Role.BUYER)
    person(other, Role.ADMINISTRATOR)
    change(seller, at, email="new@hedge.example")
    run_due_jobs(at=at.replace(year=2100))
    (sent,) = mail.outbox
    assert sent.to == [keeper.user.email]
    for words in ("Hedge Ltd", "old@hedge.example", "new@hedge.example"):
        assert words in sent.body


def test_changes_nothing_where_nothing_is_different(company, seller, at):
    assert change(seller, at, email="old@hedge.example").version == 1
    assert not timeline(company).exists()


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("vat_number", "980780685"),
        ("vat_number", "GB1"),
        ("email", " "),
        ("address", "Hedge Lane\n" * 11),
    ],
)
def test_refuses_what_cannot_be(seller, at, field, value):
    with pytest.raises(DetailsInvalid) as refused:
        change(seller, at, **{field: value})
    assert refused.value.field == field


def test_tells_everything_that_is_wrong_at_once(seller, at):
    with pytest.raises(DetailsInvalid) as refused:
        change(seller, at, email=" ", address="x" * 101, vat_number="GB1")
    assert [each.pointer for each in refused.value.errors] == ["email", "address", "vat_number"]


def test_refuses_what_was_changed_meanwhile(seller, at):
    change(seller, at, telephone="1")
    with pytest.raises(DetailsChangedMeanwhile):
        change(seller, at, telephone="2")


def test_is_for_the_supplier_alone(at):
    home = council()
    with tenant(home.pk), pytest.raises(DetailsNotYours):
        change(actor_of(person(home, Role.ADMINISTRATOR)), at, telephone="1")


def test_who_it_is_stays(seller, at):
    for name in ("name", "company_number", "is_sme"):
        with pytest.raises(TypeError, match=name):
            change(seller, at, **{name: "x"})


@pytest.mark.parametrize("text", ["gb 980 7806 84", "980780684001", "GB999000103"])
def test_vat_numbers_that_are_right(text):
    assert plain_vat_number(text) == "GB" + "".join(text.upper().split()).removeprefix("GB")


@pytest.mark.parametrize("text", ["98078068", "98078068x", "980780685", "٩٨٠٧٨٠٦٨٤", "FR980780684"])
def test_vat_numbers_that_are_wrong(text):
    assert plain_vat_number(text) is None
