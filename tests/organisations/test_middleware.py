"""Who is acting, found out once a request and forgotten when it ends."""

from datetime import timedelta

import pytest
from django.db import connection
from django.http import StreamingHttpResponse
from django.test import Client, RequestFactory
from django.urls import reverse
from django.utils import timezone

from marketplace.core.actors import Role
from marketplace.core.tenancy import acting, stewardship
from marketplace.organisations import sessions
from marketplace.organisations.middleware import ActingMiddleware
from marketplace.organisations.models import Membership
from tests.factories.organisations import council, person, sign_in, supplier, user

pytestmark = pytest.mark.django_db

HOME = "/switch/"


def set_membership(membership: Membership, **facts: object) -> None:
    with stewardship():
        Membership.objects.filter(pk=membership.pk).update(**facts)


class TestActingMiddleware:
    def test_sets_the_actor_and_forgets_them(self, client):
        administrator = person(council(name="Castermere"), Role.ADMINISTRATOR)
        sign_in(client, administrator)
        answer = client.get(reverse("people"))
        assert answer.status_code == 200
        assert answer.wsgi_request.actor.membership_id == administrator.pk
        assert acting() == ("", "")

    def test_acts_for_the_only_organisation_without_being_asked(self, client):
        someone = person(supplier())
        client.force_login(someone.user)
        answer = client.get(reverse("people"))
        assert answer.wsgi_request.actor.organisation_id == someone.organisation_id

    def test_asks_somebody_with_two_memberships(self, client):
        first, second = supplier(name="Alder"), supplier(name="Birch")
        someone = person(first)
        other = person(second, as_user=someone.user)
        client.force_login(someone.user)
        answer = client.get(reverse("people"))
        assert answer.headers["Location"] == "/switch/?next=%2Fpeople%2F"
        page = client.get(answer.headers["Location"]).content.decode()
        assert "Alder" in page
        assert "Birch" in page
        chosen = client.post("/switch/", {"membership": other.pk, "next": "/people/"})
        assert chosen.headers["Location"] == "/people/"
        assert client.get("/people/").wsgi_request.actor.organisation_id == second.pk

    def test_nobody_switches_to_another_persons_membership(self, client):
        mine, theirs = person(supplier()), person(council(), Role.ADMINISTRATOR)
        sign_in(client, mine)
        assert client.post("/switch/", {"membership": theirs.pk}).status_code == 404

    def test_a_person_joins_whoever_invited_them_by_choosing_them(self, client):
        inviter, someone = supplier(name="Alder"), person(supplier(), name="Ada Byron")
        waiting = person(
            inviter,
            as_user=someone.user,
            is_active=False,
            invited_name="Whoever",
            invitation_open=True,
        )
        sign_in(client, someone)
        assert "Join Alder" in client.get("/switch/").content.decode()
        client.post("/switch/", {"membership": waiting.pk})
        page = client.get("/people/")
        assert page.wsgi_request.actor.organisation_id == inviter.pk
        assert "Ada Byron" in page.content.decode()
        assert "Whoever" not in page.content.decode()

    def test_goes_only_to_pages_of_this_site_afterwards(self, client):
        mine = person(supplier())
        sign_in(client, mine)
        answer = client.post("/switch/", {"membership": mine.pk, "next": "//evil.example/"})
        assert answer.headers["Location"] == reverse("home")

    def test_says_so_to_somebody_who_belongs_nowhere(self, client):
        client.force_login(user())
        answer = client.get(reverse("people"), follow=True)
        assert answer.redirect_chain[0][0].startswith("/switch/")
        assert "You belong to no organisation here" in answer.content.decode()

    def test_a_deactivated_person_is_out_at_the_next_request(self, client):
        someone = person(supplier())
        sign_in(client, someone)
        assert client.get("/people/").status_code == 200
        set_membership(someone, is_active=False)
        assert client.get("/people/").headers["Location"].startswith("/account/login/")
        assert "_auth_user_id" not in client.session

    def test_a_disabled_user_is_out_at_the_next_request(self, client):
        someone = person(supplier())
        sign_in(client, someone)
        someone.user.is_active = False
        someone.user.save()
        assert client.get("/people/").headers["Location"].startswith("/account/login/")

    def test_a_deactivated_person_chooses_what_is_left(self, client):
        someone = person(supplier(name="Alder"))
        person(supplier(name="Birch"), as_user=someone.user)
        sign_in(client, someone)
        set_membership(someone, is_active=False)
        assert client.get("/people/").headers["Location"].startswith("/switch/")

    def test_a_forged_organisation_in_the_session_gives_nothing(self, client):
        mine, theirs = person(supplier()), supplier(name="Theirs")
        sign_in(client, mine)
        session = client.session
        session[sessions.ORGANISATION] = str(theirs.pk)
        session.save()
        answer = client.get("/people/")
        assert answer.wsgi_request.actor.organisation_id == mine.organisation_id


class TestSessions:
    @pytest.mark.parametrize(
        ("mark", "ago"),
        [
            (sessions.SEEN_AT, timedelta(minutes=60)),
            (sessions.SIGNED_IN_AT, timedelta(hours=12)),
        ],
    )
    def test_is_over_after_an_idle_hour_or_twelve_in_all(self, client, mark, ago):
        someone = person(supplier())
        for late, expected in ((ago - timedelta(seconds=30), 200), (ago, 302)):
            sign_in(client, someone)
            session = client.session
            now = int(timezone.now().timestamp())
            session[sessions.SEEN_AT] = session[sessions.SIGNED_IN_AT] = now
            session[mark] = now - int(late.total_seconds())
            session.save()
            assert client.get("/people/").status_code == expected

    def test_marks_when_the_session_was_seen(self, client):
        sign_in(client, person(supplier()))
        client.get("/people/")
        assert client.session[sessions.SEEN_AT] == pytest.approx(timezone.now().timestamp(), abs=5)


class TestLeaving:
    def request(self, membership):
        client = sign_in(Client(), membership)
        request = RequestFactory().get("/")
        request.COOKIES = {name: morsel.value for name, morsel in client.cookies.items()}
        request.session = client.session
        request.user = membership.user
        return request

    def test_after_an_exception(self):
        someone = person(supplier())

        def view(request):
            assert acting()[0] == str(someone.organisation_id)
            raise ZeroDivisionError

        with pytest.raises(ZeroDivisionError):
            ActingMiddleware(view)(self.request(someone))
        assert acting() == ("", "")

    def test_a_stream_acts_until_its_end(self):
        someone = person(supplier())

        def view(request):
            return StreamingHttpResponse(str(acting()[0]) for _ in range(2))

        answer = ActingMiddleware(view)(self.request(someone))
        assert list(answer.streaming_content) == [str(someone.organisation_id).encode()] * 2
        assert acting() == ("", "")

    def test_a_stream_that_nobody_reads_is_forgotten_too(self):
        someone = person(supplier())
        answer = ActingMiddleware(lambda request: StreamingHttpResponse(iter([b"x"])))(
            self.request(someone)
        )
        assert acting()[0] == str(someone.organisation_id)
        answer._resource_closers[-1]()
        assert acting() == ("", "")

    def test_two_tenants_take_turns_on_one_connection(self, client):
        first, second = (
            person(supplier(name=name), name=f"Canary {name}") for name in ("Alder", "Birch")
        )
        clients = [sign_in(Client(), first), sign_in(Client(), second)]
        pid = connection.connection.info.backend_pid
        for _turn in range(3):
            for one, mine, theirs in ((0, "Alder", "Birch"), (1, "Birch", "Alder")):
                text = clients[one].get("/people/").content.decode()
                assert f"Canary {mine}" in text
                assert f"Canary {theirs}" not in text
            assert client.get("/people/").status_code == 302
        assert connection.connection.info.backend_pid == pid
