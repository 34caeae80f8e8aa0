"""The demonstration lets visitors in on this machine, and nobody anywhere else."""

import pytest
from django.test import Client
from django.utils.html import escape

from marketplace.core.actors import Role
from marketplace.organisations import sessions
from marketplace.organisations.deeds import DEEDS
from marketplace.organisations.demonstration import is_loopback
from tests.factories.organisations import council, person, supplier

pytestmark = pytest.mark.django_db

HERE = {"REMOTE_ADDR": "127.0.0.1", "HTTP_HOST": "127.0.0.1:8000"}


@pytest.fixture
def demo(settings):
    settings.DEMO = True


@pytest.fixture
def buyer():
    return person(council(name="Castermere"), Role.BUYER, name="Beatrix Lund")


def enter(client, membership, **extra):
    facts = {"organisation": membership.organisation_id, "membership": membership.pk}
    return client.post("/demo/", facts, **{**HERE, **extra})


@pytest.mark.usefixtures("demo")
class TestDemo:
    def test_shows_who_one_can_be(self, client, buyer):
        person(supplier(name="Alder Paper"), name="Sam Alder")
        text = client.get("/demo/", **HERE).content.decode()
        for words in ("Castermere", "Beatrix Lund", "Buyer", "Alder Paper", "Sam Alder"):
            assert words in text
        assert escape(str(DEEDS[Role.BUYER])) in text

    def test_signs_in_past_the_second_step(self, client, buyer):
        assert enter(client, buyer).headers["Location"] == "/home/"
        answer = client.get("/suppliers/", **HERE)
        assert answer.status_code == 200
        assert "Demonstration" in answer.content.decode()

    def test_a_new_session_key_and_nothing_left_of_whoever_it_was(self, client, buyer):
        seller = person(supplier())
        enter(client, seller)
        session = client.session
        session["left"] = "over"
        session.save()
        key = session.session_key
        enter(client, buyer)
        assert client.session.session_key != key
        assert "left" not in client.session

    def test_needs_the_token_against_forged_requests(self, buyer):
        assert enter(Client(enforce_csrf_checks=True), buyer).status_code == 403

    @pytest.mark.parametrize("host", ["localhost", "localhost:8000", "127.0.0.1", "[::1]:8000"])
    def test_on_every_name_of_this_machine(self, client, host, settings):
        settings.ALLOWED_HOSTS = ["*"]
        assert client.get("/demo/", REMOTE_ADDR="::1", HTTP_HOST=host).status_code == 200

    @pytest.mark.parametrize(
        "sneak",
        [
            {"REMOTE_ADDR": "192.0.2.7"},
            {"REMOTE_ADDR": "10.0.0.1"},
            {"REMOTE_ADDR": ""},
            {"REMOTE_ADDR": "localhost.evil.example"},
            {"HTTP_HOST": "marketplace.example"},
            {"HTTP_HOST": "127.0.0.1.evil.example"},
            {"HTTP_HOST": "localhost.evil.example:8000"},
            {"HTTP_HOST": "192.0.2.7"},
            {"HTTP_HOST": "0.0.0.0:8000"},
            {"HTTP_X_FORWARDED_FOR": "127.0.0.1"},
            {"HTTP_X_FORWARDED_FOR": ""},
            {"HTTP_FORWARDED": "for=127.0.0.1"},
            {"HTTP_X_FORWARDED_HOST": "localhost"},
            {"HTTP_X_FORWARDED_PROTO": "http"},
            {"HTTP_X_REAL_IP": "127.0.0.1"},
            {"HTTP_VIA": "1.1 proxy"},
            {"HTTP_TRUE_CLIENT_IP": "127.0.0.1"},
            {"HTTP_CF_CONNECTING_IP": "127.0.0.1"},
            {"HTTP_X_CLUSTER_CLIENT_IP": "127.0.0.1"},
            {"HTTP_X_ENVOY_EXTERNAL_ADDRESS": "127.0.0.1"},
            {"HTTP_X_ORIGINAL_FORWARDED_FOR": "127.0.0.1"},
            {"HTTP_X_AZURE_CLIENTIP": "127.0.0.1"},
            {"HTTP_X_FORWARDED": "for=127.0.0.1"},
            {"HTTP_X_OF_A_PROXY_YET_TO_COME": "1"},
            {"HTTP_FASTLY_CLIENT_IP": "127.0.0.1"},
            {"HTTP_CDN_LOOP": "cloudflare"},
            {"SERVER_PROTOCOL": "HTTP/1.0"},
            {"HTTP_ORIGIN": "https://marketplace.example"},
            {"HTTP_ORIGIN": "null"},
        ],
        ids=str,
    )
    def test_is_not_there_for_anybody_from_elsewhere(self, client, buyer, settings, sneak):
        settings.ALLOWED_HOSTS = ["*"]
        assert client.get("/demo/", **{**HERE, **sneak}).status_code == 404
        assert enter(client, buyer, **sneak).status_code == 404
        assert "_auth_user_id" not in client.session

    def test_what_our_own_pages_send_does_no_harm(self, client, buyer):
        sent = {"HTTP_X_CSRFTOKEN": "a", "HTTP_X_REQUESTED_WITH": "XMLHttpRequest"}
        assert client.get("/demo/", **HERE, **sent).status_code == 200

    @pytest.mark.parametrize(
        "sneak", [{"REMOTE_ADDR": "192.0.2.7"}, {"HTTP_X_FORWARDED_FOR": "192.0.2.7"}]
    )
    def test_a_session_that_is_carried_elsewhere_ends(self, client, buyer, sneak):
        enter(client, buyer)
        assert client.get("/suppliers/", **{**HERE, **sneak}).status_code == 302
        assert "_auth_user_id" not in client.session

    def test_a_session_ends_when_the_demonstration_does(self, client, buyer, settings):
        enter(client, buyer)
        settings.DEMO = False
        assert client.get("/suppliers/", **HERE).status_code == 302

    def test_nobody_is_somebody_who_was_put_out(self, client):
        gone = person(council(), Role.BUYER, is_active=False)
        assert enter(client, gone).status_code == 404

    def test_nobody_is_a_person_of_another_organisation(self, client, buyer):
        facts = {"organisation": supplier().pk, "membership": buyer.pk}
        assert client.post("/demo/", facts, **HERE).status_code == 404

    @pytest.mark.parametrize("facts", [{}, {"organisation": "x", "membership": "y"}])
    def test_nonsense_is_not_found(self, client, facts):
        assert client.post("/demo/", facts, **HERE).status_code == 404


class TestWithoutDemo:
    def test_is_not_there(self, client, buyer):
        assert client.get("/demo/", **HERE).status_code == 404
        assert enter(client, buyer).status_code == 404

    def test_the_mark_alone_does_not_spare_the_second_step(self, client, buyer):
        client.force_login(buyer.user)
        session = client.session
        session[sessions.DEMONSTRATION] = True
        session.save()
        assert client.get("/suppliers/", **HERE).headers["Location"].startswith("/account/login/")


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("127.0.0.1", True), ("127.8.8.8", True), ("::1", True), ("[::1]", True),
        ("LOCALHOST", True), ("::ffff:127.0.0.1", True), ("0.0.0.0", False), ("::", False),
        ("10.0.0.1", False), ("localhost.", False), ("", False), ("2130706433", False),
    ],
)  # fmt: skip
def test_is_loopback(host, expected):
    assert is_loopback(host) in ({expected} if host != "::ffff:127.0.0.1" else {True, False})
