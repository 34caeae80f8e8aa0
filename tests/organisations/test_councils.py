"""What a council says about itself: the deed, and the page that it is done on."""

from __future__ import annotations

import re
from html import unescape

import pytest

from marketplace.audit.models import Event
from marketplace.core.actors import Role
from marketplace.core.errors import Missing
from marketplace.core.tenancy import stewardship, tenant
from marketplace.organisations.models import Organisation
from marketplace.organisations.services.councils import (
    SettingsChangedMeanwhile,
    SettingsInvalid,
    SettingsNotYours,
    change_council,
)
from tests.factories import organisations
from tests.factories.organisations import sign_in

pytestmark = pytest.mark.django_db

PAGE = "/council/"


@pytest.fixture
def home():
    """A council; whoever tests acts for it by themselves."""
    return organisations.council(name="Castermere", colour="#1d70b8")


def keep(organisation, **facts):
    with stewardship():
        Organisation.objects.filter(pk=organisation.pk).update(**facts)


def fresh(organisation):
    return Organisation.objects.get(pk=organisation.pk)


def events(organisation):
    with stewardship():
        return list(Event.objects.filter(chain=organisation.pk).order_by("sequence"))


class TestChangeCouncil:
    @pytest.fixture(autouse=True)
    def _acting(self, home):
        with tenant(home.pk):
            yield

    @pytest.fixture
    def administrator(self, home):
        return organisations.actor(home, Role.ADMINISTRATOR, name="Ada Min")

    def test_changes_what_is_named_and_leaves_the_rest(self, home, administrator, at):
        details = {"name": "Castermere Borough", "colour": "#00703c", "order_prefix": "CAS-PO"}
        changed = change_council(administrator=administrator, version=1, details=details, at=at)
        for kept in (changed, fresh(home)):
            assert (kept.name, kept.colour, kept.order_prefix, kept.version) == (
                "Castermere Borough", "#00703c", "CAS-PO", 2,
            )  # fmt: skip
        assert fresh(home).slug == home.slug

    def test_leaves_one_trace_of_what_became_different(self, home, administrator, at):
        details = {"name": "Castermere", "telephone": "01632 960 000"}
        change_council(administrator=administrator, version=1, details=details, at=at)
        (event,) = events(home)
        assert (event.verb, event.subject_id, event.actor_name, event.at) == (
            "council.changed", home.pk, "Ada Min", at,
        )  # fmt: skip
        assert (event.before, event.after) == (
            {"telephone": ""}, {"telephone": "01632 960 000"},
        )  # fmt: skip

    def test_what_changes_nothing_leaves_version_and_trail(self, home, administrator, at):
        details = {"name": "Castermere", "colour": "#1d70b8"}
        change_council(administrator=administrator, version=1, details=details, at=at)
        assert fresh(home).version == 1
        assert events(home) == []

    def refused(self, home, refusal, match=None, **call):
        """Expect a refusal after which nothing is different."""
        before = Organisation.objects.filter(pk=home.pk).values().get()
        with pytest.raises(refusal, match=match) as caught:
            change_council(**call)
        assert Organisation.objects.filter(pk=home.pk).values().get() == before
        assert events(home) == []
        return caught.value

    @pytest.mark.parametrize("role", [each for each in Role if each is not Role.ADMINISTRATOR])
    def test_refuses_whoever_is_no_administrator(self, home, at, role):
        somebody = organisations.actor(home, role)
        self.refused(
            home, SettingsNotYours,
            administrator=somebody, version=1, details={"name": "Mine"}, at=at,
        )  # fmt: skip

    def test_refuses_a_supplier(self, at):
        company = organisations.supplier()
        seller = organisations.actor(company, Role.SUPPLIER, Role.ADMINISTRATOR)
        self.refused(
            company, SettingsNotYours,
            administrator=seller, version=1, details={"name": "Mine"}, at=at,
        )  # fmt: skip

    def test_another_council_changes_only_itself(self, home, at):
        elsewhere = organisations.council(name="Elsewhere")
        stranger = organisations.actor(elsewhere, Role.ADMINISTRATOR)
        with tenant(elsewhere.pk):
            change_council(administrator=stranger, version=1, details={"name": "Other"}, at=at)
        assert (fresh(home).name, fresh(home).version) == ("Castermere", 1)
        assert events(home) == []
        assert fresh(elsewhere).name == "Other"
        assert len(events(elsewhere)) == 1

    def test_the_wall_lets_nobody_change_whom_they_do_not_act_for(self, home, administrator, at):
        with tenant(organisations.council().pk):
            self.refused(
                home, Missing,
                administrator=administrator, version=1, details={"name": "Mine"}, at=at,
            )  # fmt: skip

    @pytest.mark.parametrize("version", [0, 1, 3])
    def test_refuses_what_was_meant_for_another_version(self, home, administrator, at, version):
        keep(home, version=2)
        self.refused(
            home, SettingsChangedMeanwhile,
            administrator=administrator, version=version, details={"name": "Late"}, at=at,
        )  # fmt: skip

    def test_the_second_of_two_who_read_the_same_is_refused(self, home, administrator, at):
        change_council(administrator=administrator, version=1, details={"name": "First"}, at=at)
        with pytest.raises(SettingsChangedMeanwhile):
            change_council(administrator=administrator, version=1, details={"name": "Then"}, at=at)
        assert (fresh(home).name, fresh(home).version) == ("First", 2)
        assert len(events(home)) == 1

    @pytest.mark.parametrize(
        ("field", "typed", "says"),
        [
            ("name", "", "Enter the council's name"),
            ("name", " \t ", "Enter the council's name"),
            ("colour", "red", "like #1d70b8"),
            ("colour", "#1D70B8", "like #1d70b8"),
            ("colour", "#1d70b8\n", "like #1d70b8"),
            ("colour", "#ffdd00", "Choose a darker colour"),
            ("order_prefix", "po", "capital letters"),
            ("order_prefix", "P" * 11, "capital letters"),
            ("order_prefix", "PO\n", "capital letters"),
            ("vat_number", "GB123", "VAT certificate"),
            ("postcode", "123", "full UK postcode"),
            ("telephone", "<script>", "Enter a telephone number"),
            ("address", "High Street\n" * 11, "at most 10 lines"),
            ("address", "x" * 101, "at most 100 characters"),
        ],
    )
    def test_refuses_a_detail_that_cannot_be(self, home, administrator, at, field, typed, says):
        details = {"telephone": "01632 960 000", field: typed}
        refusal = self.refused(
            home, SettingsInvalid, says,
            administrator=administrator, version=1, details=details, at=at,
        )  # fmt: skip
        assert refusal.field == field

    def test_tells_everything_that_is_wrong_at_once(self, home, administrator, at):
        wrong = {
            "name": " ", "colour": "red", "telephone": "x", "address": "line\n" * 11,
            "postcode": "1", "vat_number": "GB1", "order_prefix": "po",
        }  # fmt: skip
        refusal = self.refused(
            home, SettingsInvalid,
            administrator=administrator, version=1, details=wrong, at=at,
        )  # fmt: skip
        assert [each.pointer for each in refusal.errors] == list(wrong)

    def test_keeps_postcode_and_vat_number_as_they_are_printed(self, home, administrator, at):
        details = {"postcode": "zz11zz", "vat_number": "999 0001 03"}
        change_council(administrator=administrator, version=1, details=details, at=at)
        assert (fresh(home).postcode, fresh(home).vat_number) == ("ZZ1 1ZZ", "GB999000103")

    def test_takes_a_detail_away(self, home, administrator, at):
        keep(home, postcode="ZZ1 1ZZ", vat_number="GB999000103", telephone="01632 960 000")
        details = {"postcode": "", "vat_number": "", "telephone": ""}
        change_council(administrator=administrator, version=1, details=details, at=at)
        assert (fresh(home).postcode, fresh(home).vat_number, fresh(home).telephone) == ("",) * 3

    def test_takes_no_column_that_is_not_the_councils_to_change(self, home, administrator, at):
        self.refused(
            home, TypeError, "slug",
            administrator=administrator, version=1, details={"slug": "another"}, at=at,
        )  # fmt: skip


class TestCouncilSettings:
    @pytest.fixture
    def administrator(self, client, home):
        return sign_in(client, organisations.person(home, Role.ADMINISTRATOR, name="Ada Min"))

    def details(self, **facts):
        return {
            "name": "Castermere Borough Council",
            "colour": "#00703C",
            "order_prefix": "CAS-PO",
            "version": "1",
            **facts,
        }

    def test_shows_what_there_is_and_the_version_it_is_of(self, administrator, home):
        keep(home, version=7, postcode="ZZ1 1ZZ")
        answer = administrator.get(PAGE)
        assert answer.status_code == 200
        for value in ("Castermere", "#1d70b8", "ZZ1 1ZZ"):
            assert f'value="{value}"' in answer.content.decode()
        assert re.search(r'name="version"[^>]*value="7"', answer.content.decode())

    def test_tells_the_forms_own_mistakes_and_the_others_at_once(self, administrator):
        wrong = {
            "email": "nobody", "colour": "red", "telephone": "x", "address": "line\n" * 30,
            "postcode": "1", "vat_number": "GB1", "order_prefix": "po",
        }  # fmt: skip
        answer = administrator.post(PAGE, self.details(**wrong))
        assert answer.status_code == 422
        for field in wrong:
            assert answer.content.decode().count(f'href="#id_{field}"') == 1

    def test_saves(self, administrator, home):
        answer = administrator.post(PAGE, self.details())
        assert (answer.status_code, answer["Location"]) == (302, PAGE)
        assert "Your council's details are saved." in unescape(
            administrator.get(PAGE).content.decode()
        )
        now = fresh(home)
        assert (now.name, now.colour, now.order_prefix, now.version) == (
            "Castermere Borough Council", "#00703c", "CAS-PO", 2,
        )  # fmt: skip
        assert [event.verb for event in events(home)] == ["council.changed"]

    @pytest.mark.parametrize(
        ("facts", "status", "says"),
        [
            ({"colour": "#ffdd00"}, 422, "Choose a darker colour."),
            ({"colour": "red"}, 422, "like #1d70b8"),
            ({"colour": "#1d70b8;}"}, 422, "7 characters"),
            ({"order_prefix": "a b"}, 422, "capital letters"),
            ({"vat_number": "GB123"}, 422, "VAT certificate"),
            ({"postcode": "123"}, 422, "full UK postcode"),
            ({"name": ""}, 422, "Enter the name of the council"),
            ({"version": "9"}, 409, "Somebody else has changed"),
        ],
    )
    def test_says_what_is_wrong_and_keeps_what_was_typed(
        self, administrator, home, facts, status, says
    ):
        sent = self.details(telephone="01632 960 000", **facts)
        answer = administrator.post(PAGE, sent)
        text = answer.content.decode()
        assert answer.status_code == status
        assert says in text
        assert "There is a problem" in text
        assert 'value="01632 960 000"' in text
        assert (fresh(home).telephone, fresh(home).version) == ("", 1)
        assert events(home) == []

    @pytest.mark.parametrize("role", [each for each in Role if each is not Role.ADMINISTRATOR])
    def test_is_for_administrators(self, client, home, role):
        sign_in(client, organisations.person(home, role))
        assert client.get(PAGE).status_code == 403
        assert client.post(PAGE, self.details()).status_code == 403
        assert fresh(home).version == 1

    def test_is_not_for_suppliers(self, client):
        company = organisations.supplier()
        sign_in(client, organisations.person(company))
        assert client.get(PAGE).status_code == 403
        assert client.post(PAGE, self.details()).status_code == 403
        assert fresh(company).version == 1
