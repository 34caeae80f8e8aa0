"""What this package asks of the packages above it, without knowing them."""

import re
from pathlib import Path

from django.test import Client
from django.urls import URLPattern, get_resolver

from marketplace.web import access, methods, navigation
from marketplace.web.problems import known_problems

TEMPLATES = Path(access.__file__).parent / "jinja2"


def views(patterns, prefix=""):
    for pattern in patterns:
        address = prefix + str(pattern.pattern)
        if isinstance(pattern, URLPattern):
            yield address, pattern.callback
        else:
            yield from views(pattern.url_patterns, address)


def test_every_address_says_who_may_open_it():
    silent = [
        address
        for address, view in views(get_resolver().url_patterns)
        if access.declared(view) is None and not access.is_third_party(view)
    ]
    assert silent == []


def test_every_page_of_ours_says_which_methods_it_knows():
    pages = [
        (address, view)
        for address, view in views(get_resolver().url_patterns)
        if not access.is_third_party(view)
        and not hasattr(view, "cls")
        and not address.startswith(("api/", "static/"))
    ]
    assert len(pages) > 80
    usual = {"GET", "HEAD", "POST", "OPTIONS"}
    assert [address for address, view in pages if not set(methods.methods_of(view)) <= usual] == []
    known = {address: methods.methods_of(view) for address, view in pages}
    assert known["basket/"] == ("GET", "HEAD", "POST")
    assert known["orders/"] == ("GET", "HEAD")
    assert known["basket/add/"] == ("POST",)


def test_a_page_answers_a_method_that_no_form_has_with_a_page():
    browser = Client(enforce_csrf_checks=True)
    for path, allowed in (
        ("/basket/", "GET, HEAD, POST"),
        ("/orders/", "GET, HEAD"),
        ("/basket/add/", "POST"),
        ("/account/login/", "GET, HEAD, POST"),
        ("/", "GET, HEAD"),
    ):
        for method in ("PUT", "PATCH", "DELETE"):
            answer = browser.generic(method, path)
            assert (answer.status_code, answer["Allow"]) == (405, allowed), (method, path)
            assert "<h1" in answer.content.decode()
    assert browser.post("/basket/").status_code == 403, "a form still has to be ours"
    assert browser.put("/api/v1/orders").headers["Content-Type"] == "application/problem+json"


def test_every_page_that_the_frame_names_is_there():
    named = set()
    for path in TEMPLATES.rglob("*.html"):
        named |= set(re.findall(r"url_if_any\(['\"]([\w-]+)['\"]\)", path.read_text()))
    assert {"home", "start", "switch", "account_login", "account_logout"} <= named
    named |= {"help", "accessibility"}
    missing = [name for name in sorted(named) if not navigation.address_if_any(name)]
    assert missing == []


def test_every_entry_of_the_menu_leads_somewhere():
    assert navigation.registered()
    missing = [
        i.url_name for i in navigation.registered() if not navigation.address_if_any(i.url_name)
    ]
    assert missing == []


def test_whoever_sees_an_entry_may_open_it():
    """Otherwise the menu offers what is then refused."""
    by_address = dict(views(get_resolver().url_patterns))
    offered = []
    for item in navigation.registered():
        address = navigation.address_if_any(item.url_name).removeprefix("/")
        allowed = access.declared(by_address[address]) or ()
        if set(allowed) & {"public", "signed-in"}:
            continue
        offered += [(item.url_name, role) for role in item.roles if role not in allowed]
    assert offered == []


def test_every_problem_says_what_happened_and_what_to_do():
    numbers = {400, 401, 403, 404, 405, 406, 408, 409, 411, 412, 413, 414, 415, 422, 428, 429, 431}
    numbers |= {500, 501, 503}
    for code, (title, advice, status) in known_problems().items():
        assert len(title) > 5, code
        assert len(advice) > 10, code
        assert status in numbers, code
        assert re.fullmatch(r"[a-z]+([.-][a-z]+)*", code)
