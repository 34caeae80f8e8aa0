"""A real browser on a real server, with the demonstration in its database."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from marketplace.__main__ import part_command
from marketplace.core.tenancy import stewardship
from marketplace.organisations.models import Membership
from tests import servers
from tests.factories.organisations import sign_in

ROOT = Path(__file__).resolve().parents[2]
AXE = ROOT / "node_modules" / "axe-core" / "axe.min.js"
NAMES = ("chromium", "chromium-browser", "google-chrome")
WIDE, NARROW = 1280, 320
PATIENCE_SECONDS = 60


@pytest.fixture(scope="module")
def site(demo_db, tmp_path_factory) -> Iterator[str]:
    """The address of a server of this module's own, as it runs in earnest, with the demo in it."""
    state = tmp_path_factory.mktemp("state")
    shutil.copytree(servers.STATE / "assets", state / "assets")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = {
        **os.environ, "STATE_DIR": str(state), "PORT": str(port), "DEMO": "1",
        "DATABASE_ROLE": "web", "WEB_PROCESSES": "1", "LOG_LEVEL": "ERROR",
    }  # fmt: skip
    environment.pop("STATIC_STORAGE")  # hashed files, as they are served in earnest
    collect = [sys.executable, "-m", "marketplace", "collectstatic", "--noinput", "--verbosity=0"]
    subprocess.run(collect, cwd=ROOT, env=environment, check=True)
    command = part_command("web", state, bind=f"127.0.0.1:{port}")
    with (state / "web.log").open("wb") as log:
        server = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=log)
    address = f"http://127.0.0.1:{port}"
    try:
        _wait_for(f"{address}/health/live", server, state / "web.log")
        yield address
    finally:
        server.terminate()
        server.wait(timeout=20)


def _wait_for(address: str, server: subprocess.Popen, log: Path) -> None:
    until = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < until and server.poll() is None:
        try:
            with urllib.request.urlopen(address, timeout=2):
                return
        except OSError:
            time.sleep(0.2)
    pytest.fail(f"The server does not answer:\n{log.read_text()[-3000:]}")


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Chromium, without a window."""
    found = next((path for path in map(shutil.which, NAMES) if path), None)
    if found is None:
        pytest.skip("There is no Chromium here.")
    # Playwright keeps an event loop in this thread; our own calls to the database are not in it.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=found, args=["--no-sandbox"])
        yield started
        started.close()
    del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


@cache
def _axe() -> str:
    return AXE.read_text()


class Visitor:
    """Somebody with a browser; whatever goes wrong in it is remembered."""

    def __init__(self, browser: Browser, site: str, *, scripts: bool = True) -> None:
        self.site, self.scripts = site, scripts
        self.context: BrowserContext = browser.new_context(
            base_url=site,
            viewport={"width": WIDE, "height": 900},
            java_script_enabled=scripts,
            locale="en-GB",
        )
        self.context.set_default_timeout(20_000)
        self.page: Page = self.context.new_page()
        self.troubles: list[str] = []
        self.page.on("console", self._console)
        self.page.on("pageerror", lambda error: self.troubles.append(f"{self.path}: {error}"))
        self.page.on("request", self._request)

    @property
    def path(self) -> str:
        """Where the browser is."""
        return self.page.url.removeprefix(self.site)

    def sign_in(self, membership: Membership) -> Visitor:
        """Become somebody, past password and second factor."""
        with stewardship():
            client = sign_in(Client(), membership)
        name = settings.SESSION_COOKIE_NAME
        self.context.clear_cookies()
        self.context.add_cookies(
            [{"name": name, "value": client.cookies[name].value, "url": self.site}]
        )
        return self

    def open(self, path: str) -> None:
        """Open a page, which must be there."""
        answer = self.page.goto(path)
        assert answer is not None
        assert answer.status == 200, f"{path} is answered with {answer.status}"

    def faults(self, *, width: int) -> list[str]:
        """Return what is wrong with the page that is open, at a width: axe, and whether it fits."""
        self.page.wait_for_load_state()  # a click does not wait for the page that it opens
        if self.page.viewport_size != {"width": width, "height": 900}:
            self.page.set_viewport_size({"width": width, "height": 900})
        found = []
        across = self.page.evaluate("document.documentElement.scrollWidth")
        if across > width:
            found.append(f"{self.path} at {width}: {across} px wide")
        if not self.page.evaluate("'axe' in window"):
            self.page.evaluate(_axe())
        violations = self.page.evaluate(
            "axe.run(document, {resultTypes: ['violations']}).then(r => r.violations.map("
            "v => v.id + ' ' + v.nodes.slice(0, 2).map(n => n.html.slice(0, 200)).join(' | ')))"
        )
        return found + [f"{self.path} at {width}: {each}" for each in violations]

    def _console(self, message) -> None:
        if message.type in {"error", "warning"}:
            self.troubles.append(f"{self.path}: {message.text}")

    def _request(self, request) -> None:
        if not request.url.startswith((self.site, "data:")):
            self.troubles.append(f"{self.path} asks for {request.url}")


@pytest.fixture
def visitor(browser, site) -> Iterator[Visitor]:
    """A stranger's browser."""
    made = Visitor(browser, site)
    yield made
    made.context.close()


@pytest.fixture
def plain_visitor(browser, site) -> Iterator[Visitor]:
    """A stranger's browser in which scripts are turned off."""
    made = Visitor(browser, site, scripts=False)
    yield made
    made.context.close()


def member(slug: str, *roles: str, name: str = "") -> Membership:
    """Return somebody of the demonstration, by organisation and roles, or by name."""
    with stewardship():
        rows = Membership.objects.select_related("user", "organisation").filter(
            organisation__slug=slug, is_active=True, roles__contains=list(roles)
        )
        if name:
            rows = rows.filter(user__name=name)
        return rows.order_by("pk")[0]
