"""Every view says who may open it, and keeps its word."""

import pytest
from django.http import HttpResponse

from marketplace.core.actors import Role
from marketplace.web.access import (
    THIRD_PARTY,
    AccessNotDeclared,
    access,
    check_roles,
    checked_words,
    declared,
    is_third_party,
)
from marketplace.web.actors import NoMembership
from marketplace.web.roles import NAMES, role_names
from tests.web import site


def as_(acting: str) -> dict[str, str]:
    return {"X-Acting": acting}


class TestAccess:
    def test_lets_everybody_into_a_public_page(self, client):
        assert client.get("/open/").status_code == 200

    def test_sends_a_stranger_to_sign_in_and_back(self, client):
        answer = client.get("/buyers/?q=1")
        assert answer.status_code == 302
        assert answer["Location"] == "/sign-in/?next=/buyers/%3Fq%3D1"

    def test_sends_a_stranger_who_posted_back_to_the_page_and_not_to_the_deed(self, client):
        headers = {"Referer": "http://testserver/open/?a=1"}
        assert client.post("/deed/", headers=headers)["Location"] == (
            "/sign-in/?next=/open/%3Fa%3D1"
        )

    def test_never_sends_anybody_to_another_site(self, client):
        headers = {"Referer": "https://evil.example/deed/"}
        assert "evil" not in client.post("/deed/", headers=headers)["Location"]

    @pytest.mark.parametrize("role", ["buyer", "approver", "finance,approver"])
    def test_lets_in_whoever_holds_one_of_the_roles(self, client, role):
        assert client.get("/buyers/", headers=as_(role)).content == b"for buyers"

    @pytest.mark.parametrize("role", sorted(set(Role) - {Role.BUYER, Role.APPROVER}))
    def test_refuses_every_other_role_and_says_which_is_needed(self, client, role):
        answer = client.get("/buyers/", headers=as_(role))
        assert answer.status_code == 403
        assert "you need the role: buyer or approver" in answer.content.decode()

    def test_refuses_a_person_without_an_organisation(self, client):
        answer = client.get("/buyers/", headers=as_("nobody"))
        assert answer.status_code == 403
        assert "Ask an administrator" in answer.content.decode()
        with pytest.raises(NoMembership):
            check_roles(("buyer",), None)

    def test_lets_any_signed_in_person_in_where_it_says_so(self, client):
        assert client.get("/any/", headers=as_("nobody")).status_code == 200
        assert client.get("/any/").status_code == 302

    def test_checks_who_before_it_checks_how(self, client):
        """A stranger learns nothing about which methods there are."""
        assert client.get("/deed/").status_code == 302
        assert client.get("/deed/", headers=as_("buyer")).status_code == 405

    @pytest.mark.parametrize("words", [("byuer",), (), ("public", "buyer"), ("signed-in", "buyer")])
    def test_a_wrong_declaration_fails_when_the_module_is_read(self, words):
        with pytest.raises(ValueError, match=r"byuer|who may open|public|signed-in"):
            access(*words)

    def test_can_be_read_off_the_view(self):
        assert declared(site.buyers_page) == ("buyer", "approver")
        assert declared(site.Echo.as_view()) == ("buyer", "approver")
        assert declared(site.undeclared) is None
        assert checked_words((Role.BUYER,)) == ("buyer",)


class TestAccessDeclared:
    def test_a_view_that_does_not_say_is_never_run(self, client):
        client.raise_request_exception = True
        with pytest.raises(AccessNotDeclared, match="undeclared has no @access"):
            client.get("/undeclared/")

    def test_an_api_view_that_does_not_keep_its_word_is_never_run(self, client):
        client.raise_request_exception = True
        with pytest.raises(AccessNotDeclared, match="Careless"):
            client.get("/api/v1/careless")

    def test_lets_listed_packages_guard_themselves(self):
        def view(request):
            return HttpResponse()

        view.__module__ = "allauth.account.views"
        assert is_third_party(view)
        for module in ("allauthority.views", "marketplace.web.views", "my.allauth.views"):
            view.__module__ = module
            assert not is_third_party(view)

    def test_every_listed_package_has_a_reason(self):
        assert all(len(reason) > 15 for reason in THIRD_PARTY.values())


def test_every_role_has_a_name():
    assert set(NAMES) == set(Role)
    assert role_names(["buyer"]) == "buyer"
    assert role_names(["buyer", "approver", "auditor"]) == "buyer, approver or auditor"
