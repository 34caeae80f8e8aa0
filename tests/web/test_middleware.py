"""The frame of pages, and the headers of every answer."""

import re

from allauth.account.views import login
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import OperationalError
from django.test import RequestFactory

from marketplace.web import branding, navigation
from marketplace.web.middleware import SeenTexts
from marketplace.web.security import CONTENT_SECURITY_POLICY, HEADERS


class TestFrame:
    def page(self, client, acting="buyer") -> str:
        return client.get("/any/", headers={"X-Acting": acting}).content.decode()

    def test_names_the_council_and_the_person(self, client):
        text = self.page(client)
        assert "Borsetshire &lt;County&gt; Council" in text
        assert "Signed in as Amira Khan" in text
        assert "<title>Any – Borsetshire &lt;County&gt; Council – Marketplace</title>" in text

    def test_wears_the_councils_colour_by_a_stylesheet(self, client):
        assert '<link rel="stylesheet" href="/theme/7a1f5c.css">' in self.page(client)

    def test_signs_out_by_post(self, client):
        text = self.page(client)
        form = text[text.index('action="/sign-out/"') :]
        assert "csrfmiddlewaretoken" in form[: form.index("</form>")]

    def test_begins_with_a_way_past_the_menu(self, client):
        text = self.page(client)
        assert text.index('href="#main-content"') < text.index("<header")
        assert 'id="main-content"' in text

    def test_names_its_language(self, client):
        assert '<html lang="en-gb"' in self.page(client)

    def test_has_no_inline_style_or_script(self, client):
        text = self.page(client)
        assert " style=" not in text
        assert "<script>" not in text
        assert " on" not in [part[:3] for part in text.split('="')]

    def test_a_demonstration_says_so_on_every_page(self, client, settings):
        settings.DEMO = True
        assert "Nothing here is real" in self.page(client)
        assert "Nothing here is real" in client.get("/nothing/").content.decode()
        settings.DEMO = False
        assert "Nothing here is real" not in self.page(client)

    def test_offers_to_change_organisation_only_to_whoever_has_two(self, client):
        assert "Change organisation" not in self.page(client)


class TestManners:
    def test_every_answer_has_the_headers(self, client):
        for path in ("/open/", "/nothing/", "/broken/", "/api/v1/nothing"):
            answer = client.get(path)
            assert {n: answer[n] for n in HEADERS} == HEADERS, path

    def test_what_a_person_sees_is_not_kept(self, client):
        answer = client.get("/any/", headers={"X-Acting": "buyer"})
        assert "no-store" in answer["Cache-Control"]
        assert "Cookie" in answer["Vary"]

    def test_a_colour_may_be_kept(self, client):
        answer = client.get("/theme/7a1f5c.css", headers={"X-Acting": "buyer"})
        assert "immutable" in answer["Cache-Control"]

    def test_no_source_is_trusted_for_inline_code(self):
        policy = CONTENT_SECURITY_POLICY["DIRECTIVES"]
        assert policy["frame-ancestors"] == ["'none'"]
        for sources in policy.values():
            assert not {"'unsafe-inline'", "'unsafe-eval'", "*", "https:"} & set(sources)


class TestColours:
    def test_any_colour_leaves_the_name_readable(self):
        """WCAG 2.2, 1.4.3: 4.5 at the least, for the worst of 4,096 colours spread evenly."""
        steps = [f"{value:02x}" for value in range(0, 256, 17)]
        colours = [f"#{r}{g}{b}" for r in steps for g in steps for b in steps]
        assert min(branding.contrast(c, branding.ink_on(c)) for c in colours) >= 4.5

    def test_known_ratios(self):
        assert branding.contrast("#ffffff", "#000000") == 21
        assert round(branding.contrast("#767676", "#ffffff"), 2) == 4.54

    def test_only_colours_are_served(self, client):
        assert client.get("/theme/7a1f5c.css").content.startswith(
            b":root{--govuk-brand-colour:#7a1f5c"
        )
        for nonsense in ("7A1F5C", "red", "7a1f5", "7a1f5c}body{", "%0a7a1f5c"):
            assert client.get(f"/theme/{nonsense}.css").status_code == 404


class TestMenu:
    def test_shows_what_the_roles_may_open_and_where_one_is(self, small_site, monkeypatch):
        from tests.web.site import somebody

        monkeypatch.setattr(navigation, "_ITEMS", {})
        navigation.register("help", "Second", ("buyer",), order=2)
        navigation.register("start", "First", ("buyer", "auditor"), order=1)
        menu = navigation.menu_for(somebody("buyer"), "/open/")
        assert [(m["text"], m.get("current"), m.get("active")) for m in menu] == [
            ("First", True, False),
            ("Second", None, None),
        ]
        below = navigation.menu_for(somebody("auditor"), "/open/12/")
        assert [(m["text"], m["current"], m["active"]) for m in below] == [("First", False, True)]
        assert navigation.menu_for(None, "/open/") == []

    def test_counts_what_waits_for_the_eye_and_for_the_ear(self, small_site, monkeypatch):
        from tests.web.site import somebody

        monkeypatch.setattr(navigation, "_ITEMS", {})
        waiting = [0, 3]
        count = navigation.Count(lambda _actor: waiting.pop(), lambda _number: "lines")
        navigation.register("help", "Bask<t", ("buyer",), count=count)
        three, none = (navigation.menu_for(somebody("buyer"), "/")[0] for _twice in range(2))
        assert re.sub(r"<[^>]+>", "", three["html"]) == "Bask&lt;t, 3 lines"
        assert three["text"] == "Bask<t"
        assert "html" not in none

    def test_a_database_that_is_away_leaves_the_menu_without_a_count(self, small_site, monkeypatch):
        from tests.web.site import somebody

        def away(_actor):
            raise OperationalError

        monkeypatch.setattr(navigation, "_ITEMS", {})
        count = navigation.Count(away, str)
        navigation.register("help", "Basket", ("buyer",), count=count)
        assert [m["text"] for m in navigation.menu_for(somebody("buyer"), "/")] == ["Basket"]


class TestSeenTexts:
    """What nobody can see is taken from what people send, wherever they type it."""

    def sent(self, view=lambda request: None, **facts):
        request = RequestFactory().post("/x?words=a\u200bb", facts)
        SeenTexts(lambda _request: None).process_view(request, view, (), {})
        return request

    def test_from_forms_addresses_and_names_of_files(self):
        file = SimpleUploadedFile("prices\u202efdp.csv", b"1")
        request = self.sent(name="Ann\u202e\u200b Kay", also=["a", "\u2066b"], file=file)
        assert (request.POST["name"], request.POST.getlist("also")) == ("Ann Kay", ["a", "b"])
        assert request.GET["words"] == "ab"
        assert request.FILES["file"].name == "pricesfdp.csv"
        assert request.FILES["file"].read() == b"1"

    def test_not_from_passwords(self):
        request = self.sent(login, password="a\u200bb")
        assert request.POST["password"] == "a\u200bb"

    def test_leaves_what_can_be_seen(self):
        assert self.sent(name="Siân 🏴󠁧󠁢󠁷󠁬󠁳󠁿 محمد")


class TestReadableAddresses:
    def test_there_is_nothing_at_an_address_that_nobody_can_read(self, client):
        for unreadable in ("%00", "A%00B", "%E2%80%AE", "%1B"):
            assert client.get(f"/any/{unreadable}").status_code == 404
