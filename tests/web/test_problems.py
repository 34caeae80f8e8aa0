"""Refusals become pages, form errors and problem documents, with one number a kind."""

import inspect
import json
from pathlib import Path

import pytest
from django.http import UnreadablePostError
from django.test import RequestFactory
from django.utils import translation
from django.utils.translation import trans_real

from marketplace.core.errors import (
    Busy,
    Conflict,
    FieldProblem,
    Forbidden,
    Invalid,
    Missing,
    Refusal,
)
from marketplace.core.states import IllegalMove
from marketplace.web.problems import (
    HTTP_PROBLEMS,
    api_exception,
    known_problems,
    path_of,
    problem_document,
    show_on,
    status_of,
)
from tests.web.site import BadLines, OverBudget, Reason


class TestStatusOf:
    @pytest.mark.parametrize(
        ("kind", "number"),
        [
            (Invalid, 422),
            (Forbidden, 403),
            (Missing, 404),
            (Conflict, 409),
            (Busy, 409),
            (OverBudget, 409),
        ],
    )
    def test_one_number_a_kind(self, kind, number):
        assert status_of(kind()) == number

    def test_a_refusal_of_no_kind_is_a_mistake(self):
        with pytest.raises(TypeError):
            status_of(Refusal("x"))


def test_a_body_that_stops_coming_is_no_defect():
    request = RequestFactory().post("/api/v1/orders")
    answer = api_exception(UnreadablePostError(), {"request": request})
    assert answer.status_code == 408
    assert json.loads(answer.content)["type"] == "/problems/request.too-slow/"


class TestLanguage:
    """The kinds stand where no Django is, and their words are translated all the same."""

    @pytest.fixture
    def welsh(self, monkeypatch):
        words = {str(kind.title): f"{kind.__name__} yn Gymraeg" for kind in (Missing, IllegalMove)}
        monkeypatch.setattr(trans_real.translation("cy"), "_catalog", words)
        with translation.override("cy"):
            yield

    def test_titles_of_the_kinds_are_translated(self, welsh):
        request = RequestFactory().get("/")
        document = problem_document(IllegalMove("Gone."), request)
        assert (document["title"], document["detail"]) == ("IllegalMove yn Gymraeg", "Gone.")
        assert known_problems()["missing"][0] == "Missing yn Gymraeg"

    def test_and_so_is_one_that_says_nothing_else(self, welsh):
        assert problem_document(Missing(), RequestFactory().get("/"))["detail"] == (
            "Missing yn Gymraeg"
        )

    def test_translators_are_shown_every_title(self):
        plain = [kind for kind in kinds_of(Refusal) if isinstance(vars(kind).get("title"), str)]
        source = "".join(
            Path(inspect.getsourcefile(kind)).read_text()
            for kind in plain
            if not kind.__module__.startswith("tests.")
        )
        unmarked = [
            kind
            for kind in plain
            if not kind.__module__.startswith("tests.")
            and f'gettext_noop("{kind.title}")' not in source
        ]
        assert unmarked == []


def kinds_of(base):
    for kind in base.__subclasses__():
        yield kind
        yield from kinds_of(kind)


class TestShowOn:
    def shown(self, refusal, data=None) -> dict:
        form = Reason(data)
        show_on(form, refusal)
        return {name: list(errors) for name, errors in form.errors.items()}

    def test_beside_the_field_that_it_names(self):
        assert self.shown(OverBudget("Short.", field="reason"), {"reason": "x"}) == {
            "reason": ["Short."]
        }

    def test_at_the_top_otherwise(self):
        assert self.shown(OverBudget("Short."), {"reason": "x"}) == {"__all__": ["Short."]}
        assert self.shown(OverBudget("Short.", field="other"), {"reason": "x"}) == {
            "__all__": ["Short."]
        }

    def test_every_one_of_several(self):
        refusal = BadLines(errors=[FieldProblem("reason", "A."), FieldProblem("lines/0", "B.")])
        assert self.shown(refusal, {"reason": "x"}) == {"reason": ["A."], "__all__": ["B."]}

    def test_on_a_form_that_was_not_sent(self):
        assert self.shown(OverBudget("100% short.")) == {"__all__": ["100% short."]}

    def test_the_page_has_the_number_the_summary_and_the_title(self, client):
        answer = client.post("/form/", {"reason": "x"})
        text = answer.content.decode()
        assert answer.status_code == 409
        assert "<title>Error: Give a reason – Marketplace</title>" in text
        assert 'href="#id_reason">£20.00 short.</a>' in " ".join(text.split())


class TestProblemDocument:
    def document(self, refusal) -> dict:
        return problem_document(refusal, RequestFactory().get("/api/v1/orders/1?x=1"))

    def test_has_the_members_of_rfc_9457_and_the_facts(self):
        assert self.document(OverBudget("£20.00 short.", short_amount="20.00")) == {
            "type": "/problems/test.over-budget/",
            "title": "There is not enough money.",
            "status": 409,
            "detail": "£20.00 short.",
            "instance": "/api/v1/orders/1",
            "short_amount": "20.00",
        }

    def test_points_at_what_is_wrong(self):
        document = self.document(BadLines(errors=[FieldProblem("lines/1/quantity", "Too many.")]))
        assert document["errors"] == [{"pointer": "#/lines/1/quantity", "detail": "Too many."}]


class TestUncaughtRefusals:
    @pytest.mark.parametrize(
        ("kind", "number"), [("budget", 409), ("missing", 404), ("lines", 422)]
    )
    def test_become_a_page_with_their_number(self, client, kind, number):
        answer = client.get(f"/refusing/{kind}/")
        assert answer.status_code == number
        assert b"<h1" in answer.content

    def test_say_what_to_do(self, client):
        text = client.get("/refusing/budget/").content.decode()
        assert "There is not enough money." in text
        assert "£20.00 short." in text
        assert "Ask for less." in text

    def test_become_a_document_under_api(self, client):
        answer = client.get("/api/v1/refusing/budget")
        assert (answer.status_code, answer["Content-Type"]) == (409, "application/problem+json")
        assert json.loads(answer.content)["short_amount"] == "20.00"


class TestBareErrors:
    @pytest.mark.parametrize(
        ("method", "path", "number"),
        [
            ("get", "/api/v1/nothing", 404),
            ("delete", "/api/v1/versioned", 405),
            ("get", "/api/v1/broken", 500),
        ],
    )
    def test_under_api_are_documents(self, client, method, path, number):
        answer = getattr(client, method)(path, headers={"X-Acting": "buyer"})
        assert answer.status_code == number
        assert answer["Content-Type"] == "application/problem+json"
        document = json.loads(answer.content)
        assert document["status"] == number
        assert document["type"] == path_of(HTTP_PROBLEMS[number].code)
        assert document["instance"] == path

    @pytest.mark.parametrize(
        ("path", "number", "words"),
        [
            ("/nothing/", 404, "Page not found"),
            ("/deed/", 405, "This page cannot be opened like this"),
            ("/broken/", 500, "Sorry, there is a problem with the service"),
        ],
    )
    def test_elsewhere_are_pages(self, client, path, number, words):
        answer = client.get(path, headers={"X-Acting": "buyer"})
        assert answer.status_code == number
        assert words in answer.content.decode()

    def test_405_still_says_what_is_allowed(self, client):
        assert client.get("/deed/", headers={"X-Acting": "buyer"})["Allow"] == "POST"

    def test_500_stands_without_anything_else(self, client, settings):
        settings.TEMPLATES = [{**settings.TEMPLATES[1], "APP_DIRS": False}]
        answer = client.get("/broken/")
        assert answer.status_code == 500
        assert b"there is a problem with the service" in answer.content

    def test_a_forged_form_gets_a_page(self, small_site):
        from django.test import Client

        strict = Client(enforce_csrf_checks=True)
        answer = strict.post("/form/", {"reason": "x"})
        assert answer.status_code == 403
        assert b"We could not check where this form came from" in answer.content


@pytest.mark.django_db
class TestWhatSomebodyElseHolds:
    """Any statement may wait too long, not only one that holds a row by name."""

    @pytest.mark.parametrize("code", ["55P03", "40P01"])
    def test_is_a_page_that_asks_to_try_again(self, client, code):
        answer = client.get(f"/refusing/{code}/")
        assert answer.status_code == 409
        assert "Somebody else is changing this at the moment" in answer.content.decode()

    @pytest.mark.parametrize("code", ["55P03", "40P01"])
    def test_is_a_problem_for_a_program(self, client, code):
        answer = client.get(f"/api/v1/refusing/{code}")
        assert (answer.status_code, answer["Content-Type"]) == (409, "application/problem+json")
        assert answer.json()["type"] == "/problems/busy/"

    def test_anything_else_of_the_database_is_a_defect(self, client):
        assert client.get("/refusing/57014/").status_code == 500


class TestProblemPages:
    def test_every_problem_has_a_page(self, client):
        known = known_problems()
        assert {"conflict", "busy", "access.role-missing", "request.invalid"} <= known.keys()
        for code, (title, advice, status) in known.items():
            assert title.strip(), code
            assert advice.strip(), code
            assert 400 <= status < 600, code
            answer = client.get(path_of(code))
            assert answer.status_code == 200, code

    def test_the_page_says_what_to_do(self, client):
        text = client.get("/problems/test.over-budget/").content.decode()
        assert "There is not enough money." in text
        assert "Ask for less." in text

    def test_an_unknown_code_is_not_found(self, client):
        assert client.get("/problems/nonsense/").status_code == 404

    def test_the_list_names_them_all(self, client):
        text = client.get("/problems/").content.decode()
        assert all(code in text for code in known_problems())


class TestDatabaseAway:
    @pytest.mark.parametrize(("how", "status"), [("plain", 503), ("hidden", 503), ("slow", 500)])
    @pytest.mark.parametrize("address", ["/away/{}/", "/api/v1/away/{}"])
    def test_is_said_with_when_to_try_again(self, client, address, how, status):
        client.raise_request_exception = False
        answer = client.get(address.format(how))
        assert answer.status_code == status
        assert ("Retry-After" in answer) is (status == 503)
        if address.startswith("/api"):
            code = {503: "server.unavailable", 500: "server.error"}[status]
            assert answer.json()["type"] == f"/problems/{code}/"
