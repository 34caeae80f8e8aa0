"""A passkey from end to end, in a real Chromium with an authenticator of its own making."""

import shutil
import threading
from socketserver import ThreadingMixIn
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

import pytest
from django.contrib.staticfiles.handlers import StaticFilesHandler
from django.core.cache import cache
from django.core.wsgi import get_wsgi_application
from django.db import connection

from marketplace.core.actors import Role
from tests.factories.organisations import PASSWORD, council, person

sync_playwright = pytest.importorskip("playwright.sync_api").sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome")
CHROMIUM = next((path for path in map(shutil.which, NAMES) if path), None)

pytestmark = pytest.mark.browser


class _Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True


class _Quiet(WSGIRequestHandler):
    def log_message(self, *args):
        """Say nothing of each request."""


def _application():
    application = StaticFilesHandler(get_wsgi_application())

    def answer(environ, start_response):
        response = application(environ, start_response)
        try:
            yield from response
        finally:
            response.close()
            connection.close()

    return answer


@pytest.fixture
def site(fresh_db, settings):
    """The site at a name, since browsers make no passkey for an address of digits."""
    server = make_server("127.0.0.1", 0, _application(), server_class=_Server, handler_class=_Quiet)
    address = f"http://localhost:{server.server_port}"
    settings.CSRF_TRUSTED_ORIGINS = [address]
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield address
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def someone(fresh_db):
    """Council staff who have not set up a second step."""
    cache.clear()
    return person(council(name="Castermere"), Role.ADMINISTRATOR, password=PASSWORD)


def browse(address, email):
    """Sign in with a password, set up a passkey, sign out, and sign in with the passkey alone."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = browser.new_page()
        wrong = []
        page.on("console", lambda line: wrong.append(line.text) if line.type == "error" else None)
        session = page.context.new_cdp_session(page)
        session.send("WebAuthn.enable")
        session.send(
            "WebAuthn.addVirtualAuthenticator",
            {
                "options": {
                    "protocol": "ctap2",
                    "transport": "internal",
                    "hasResidentKey": True,
                    "hasUserVerification": True,
                    "isUserVerified": True,
                    "automaticPresenceSimulation": True,
                }
            },
        )
        page.goto(f"{address}/account/login/")
        page.fill("input[name=login]", email)
        page.fill("input[name=password]", PASSWORD)
        page.click("main button[type=submit]")
        page.wait_for_url("**/second-step/**")
        page.get_by_role("button", name="Set up a passkey").click()
        page.fill("input[name=name]", "Laptop")
        if page.locator("input[name=passwordless]").count():
            page.check("input[name=passwordless]")
        page.click("#mfa_webauthn_add")
        page.wait_for_load_state("networkidle")
        page.goto(f"{address}/people/")
        first = page.title()
        page.get_by_role("button", name="Sign out").click()
        page.goto(f"{address}/account/login/")
        page.locator("#passkey_login").click()
        page.wait_for_url(lambda url: "/account/login" not in url)
        page.goto(f"{address}/people/")
        titles = [first, page.title()]
        browser.close()
    return titles, wrong


def in_a_thread(deed):
    """Run the browser beside the test, since it has an event loop of its own."""
    answers = []
    thread = threading.Thread(target=lambda: answers.append(deed()))
    thread.start()
    thread.join()
    return answers[0]


def test_a_passkey_is_set_up_and_signs_in_alone(site, someone):
    titles, wrong = in_a_thread(lambda: browse(site, someone.user.email))
    assert titles == ["People – Castermere – Marketplace"] * 2
    assert wrong == []
