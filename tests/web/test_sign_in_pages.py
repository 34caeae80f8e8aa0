"""Signing in and everything about it is shown in our own pages, labels and mistakes included."""

import pytest
from allauth.account.models import EmailAddress
from django.contrib.auth import get_user_model
from django.core.cache import cache
from django.test import Client
from lxml import html

PASSWORD = "three quiet green chairs"


@pytest.fixture
def person(db):
    made = get_user_model().objects.create_user(
        email="amira@example.org", name="Amira Khan", password=PASSWORD
    )
    EmailAddress.objects.create(user=made, email=made.email, verified=True, primary=True)
    return made


@pytest.fixture
def browser(db, settings):
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }
    cache.clear()
    return Client()


def page(answer) -> html.HtmlElement:
    return html.fromstring(answer.content.decode())


def is_ours(tree) -> bool:
    """Our header, GOV.UK's classes on every visible control, a label on each, nothing inline."""
    controls = tree.xpath("//main//input[not(@type='hidden') and not(@hidden)] | //main//textarea")
    dressed = all("govuk-" in (c.get("class") or "") for c in controls)
    labelled = all(tree.xpath(f"//label[@for='{c.get('id')}']") for c in controls)
    buttons = tree.xpath("//main//button")
    return bool(
        tree.xpath("//div[@class='site-header']")
        and tree.xpath("//main//h1")
        and dressed
        and labelled
        and all("govuk-" in (b.get("class") or "") for b in buttons)
        and not tree.xpath(
            "//@style | //style | //script[not(@src) and not(contains(@type,'json'))]"
        )
    )


class TestSignInPages:
    @pytest.mark.parametrize(
        "path",
        [
            "/account/login/",
            "/account/signup/",
            "/account/password/reset/",
            "/account/password/reset/done/",
            "/account/password/reset/key/1-bad/",
            "/account/password/reset/key/done/",
            "/account/inactive/",
            "/account/confirm-email/",
            "/account/confirm-email/nonsense/",
        ],
    )
    def test_before_one_is_in(self, browser, path):
        assert is_ours(page(browser.get(path)))

    def test_a_mistake_is_named_at_the_top_beside_the_field_and_in_the_title(self, browser):
        answer = browser.post("/account/login/", {"login": "", "password": ""})
        assert answer.status_code == 422
        tree = page(answer)
        assert is_ours(tree)
        assert tree.xpath("string(//title)").startswith("Error: ")
        links = tree.xpath("//div[contains(@class,'govuk-error-summary')]//a/@href")
        assert links == ["#id_login", "#id_password"]
        assert len(tree.xpath("//p[contains(@class,'govuk-error-message')]")) == 2

    def test_a_wrong_password_is_said_plainly(self, browser, person):
        answer = browser.post("/account/login/", {"login": person.email, "password": "wrong"})
        assert "The email address or the password is not right." in answer.content.decode()

    @pytest.mark.parametrize(
        ("path", "facts"),
        [
            ("/account/login/", {}),
            ("/account/password/reset/", {}),
            ("/account/password/change/", {}),
            ("/account/email/", {"action_add": ""}),
        ],
    )
    def test_what_is_missing_is_called_as_beside_its_box(self, browser, person, path, facts):
        if path not in {"/account/login/", "/account/password/reset/"}:
            browser.post("/account/login/", {"login": person.email, "password": PASSWORD})
            browser.post("/account/reauthenticate/", {"password": PASSWORD})
        tree = page(browser.post(path, facts))
        links = tree.xpath("//div[contains(@class,'govuk-error-summary')]//a")
        assert links
        for link in links:
            box = link.get("href").removeprefix("#")
            label = tree.xpath(f"normalize-space(//label[@for='{box}'])")
            assert link.text.strip() == f"Enter the {label[:1].lower()}{label[1:]}"

    @pytest.mark.parametrize(
        ("path", "facts"),
        [
            ("/account/password/reset/", {"email": "no address"}),
            (
                "/account/password/change/",
                {"oldpassword": "wrong", "password1": "", "password2": ""},
            ),
            ("/account/email/", {"action_add": "", "email": "no address"}),
            ("/account/reauthenticate/", {"password": "wrong"}),
            ("/account/2fa/totp/activate/", {"code": "000000"}),
        ],
    )
    def test_a_form_with_mistakes_is_answered_as_ours_are(self, browser, person, path, facts):
        if "reset" not in path:
            browser.post("/account/login/", {"login": person.email, "password": PASSWORD})
            browser.post("/account/reauthenticate/", {"password": PASSWORD})
        browser.get(path)
        answer = browser.post(path, facts)
        assert answer.status_code == 422
        tree = page(answer)
        assert is_ours(tree)
        assert tree.xpath("string(//title)").startswith("Error: ")

    def test_who_tried_too_often_is_told_so_by_the_number_too(self, browser, person):
        facts = {"login": person.email, "password": "wrong"}
        answers = [browser.post("/account/login/", facts).status_code for _try in range(6)]
        assert answers == [422] * 5 + [429]

    def test_browsers_can_fill_in(self, browser):
        tree = page(browser.get("/account/login/"))
        assert tree.xpath("//input[@name='login']/@autocomplete") == ["username"]
        assert tree.xpath("//input[@name='password']/@autocomplete") == ["current-password"]

    def test_a_passkey_is_only_offered_where_a_script_can_run(self, browser):
        tree = page(browser.get("/account/login/"))
        assert tree.xpath("//form[@id='mfa_login']/@class") == ["site-needs-script"]

    @pytest.mark.parametrize(
        "path",
        [
            "/account/logout/",
            "/account/password/change/",
            "/account/email/",
            "/account/2fa/",
            "/account/2fa/webauthn/",
            "/account/sessions/",
            "/account/reauthenticate/",
            "/account/2fa/totp/activate/",
            "/account/2fa/webauthn/add/",
            "/account/2fa/recovery-codes/generate/",
        ],
    )
    def test_once_one_is_in(self, browser, person, path):
        browser.post("/account/login/", {"login": person.email, "password": PASSWORD})
        answer = browser.get(path, follow=True)
        assert answer.status_code == 200
        assert is_ours(page(answer))

    def test_too_many_tries_get_a_page_of_ours(self, browser, settings):
        settings.ACCOUNT_RATE_LIMITS = {"login": "1/m/ip"}
        answers = [browser.post("/account/login/", {"login": "a@b.org"}) for _ in range(3)]
        assert answers[-1].status_code == 429
        assert is_ours(page(answers[-1]))
        assert "Wait a few minutes" in answers[-1].content.decode()
