"""Every operation answers as its description says, whatever is sent to it.

Schemathesis makes the requests out of the published description. They are sent with real tokens to
the small demonstration, and each is undone, so that one example does not spoil the next. An answer
of 5xx fails, and so does a number, a kind of content or a shape that is not described.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from traceback import format_exception
from uuid import UUID

import pytest
from django.apps import apps
from django.core.signals import got_request_exception, request_finished, request_started
from django.db import close_old_connections, transaction
from hypothesis import HealthCheck, Phase, settings
from schemathesis import openapi
from schemathesis.checks import load_all_checks
from schemathesis.config import SchemathesisConfig
from schemathesis.schemas import BaseSchema
from schemathesis.specs.openapi import checks

from marketplace.config.wsgi import application
from marketplace.core.tenancy import stewardship
from tests.access.world import ROWS
from tests.api.programs import Program, program_of

FEW, MANY = 4, 200
CHECKS = [
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_schema_conformance,
    checks.response_headers_conformance,
    checks.negative_data_rejection,
]

# A change that names the wrong version is refused before its body is read, with 412.
REFUSED = ["400", "401", "403", "404", "405", "409", "412", "413", "415", "422", "428"]


def described(**phases: dict[str, bool]) -> BaseSchema:
    """Return the published description, to be tried in these phases."""
    settled = {
        "checks": {"negative_data_rejection": {"expected-statuses": REFUSED}},
        "phases": phases,
    }
    return openapi.from_wsgi(
        "/api/schema/?format=json", application, config=SchemathesisConfig.from_dict(settled)
    )


load_all_checks()
shortly = described(coverage={"enabled": False})
thoroughly = described(coverage={"enabled": True})


def hunting(examples: int) -> settings:
    """Return settings under which a hunt finds the same every time."""
    return settings(
        max_examples=examples,
        derandomize=True,
        database=None,
        deadline=None,
        phases=(Phase.explicit, Phase.generate),
        suppress_health_check=list(HealthCheck),
    )


@pytest.fixture(scope="module", params=["buyer", "approver", "supplier"])
def program(request, demo_db) -> Program:
    return program_of(request.param)


@pytest.fixture(autouse=True, scope="module")
def one_connection() -> Iterator[None]:
    """Let requests that come by WSGI use the test's own connection, and leave it open."""
    request_started.disconnect(close_old_connections)
    request_finished.disconnect(close_old_connections)
    yield
    request_started.connect(close_old_connections)
    request_finished.connect(close_old_connections)


@pytest.fixture(scope="module")
def own(program) -> dict[str, list[tuple[str, str]]]:
    """For each parameter of an address the keys of rows that the program may see."""
    organisation = program.membership.organisation_id
    found = {}
    with stewardship():
        for name, label in ROWS.items():
            model = apps.get_model(label)
            seen = [model.objects.filter(**{c: organisation}) for c in model.tenant_columns]
            rows = [row for each in seen for row in each.order_by("pk")[:5]]
            found[name] = [(str(row.pk), getattr(row, "content_hash", "")) for row in rows]
    return found


@contextmanager
def undone() -> Iterator[None]:
    """Undo whatever is done within."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


@contextmanager
def defects() -> Iterator[list[BaseException]]:
    """Collect what the server raises within and answers with 500."""
    found: list[BaseException] = []

    def keep(**_facts: object) -> None:
        error = sys.exception()
        if error is not None:
            found.append(error)

    got_request_exception.connect(keep)
    try:
        yield found
    finally:
        got_request_exception.disconnect(keep)


def lead_home(case, own) -> None:
    """Have most of the addresses that name some row name one that is there."""
    for name, value in (case.path_parameters or {}).items():
        try:
            number = UUID(str(value)).int
        except ValueError:
            continue
        rows = own.get(name, [])
        if not rows or number % 5 == 0:
            continue
        key, content_hash = rows[number % len(rows)]
        case.path_parameters[name] = key
        if number % 3 and "If-Match" in (case.headers or {}):
            case.headers["If-Match"] = "*"
        if isinstance(case.body, dict) and number % 2:
            case.body = {**case.body} | (
                {"content_hash": content_hash} if "content_hash" in case.body else {}
            )


def hunt(case, program, own) -> None:
    lead_home(case, own)
    with undone(), defects() as found:
        answer = case.call(headers=program.headers)
    assert not found, "".join(format_exception(found[0]))
    assert answer.status_code < 500, answer.content[:2000]
    case.validate_response(answer, checks=CHECKS)


@shortly.parametrize()
@hunting(FEW)
def test_answers_as_described(case, program, own):
    hunt(case, program, own)


@pytest.mark.slow
@thoroughly.parametrize()
@hunting(MANY)
def test_answers_as_described_however_long_one_tries(case, program, own):
    hunt(case, program, own)


class Story(thoroughly.as_state_machine()):
    """Operations one after another, each with what the one before it answered."""

    def setup(self):
        self.program = program_of("requester")
        self.story = transaction.atomic()
        self.story.__enter__()

    def teardown(self):
        transaction.set_rollback(True)
        self.story.__exit__(None, None, None)

    def get_call_kwargs(self, case):
        return {"headers": self.program.headers}

    def validate_response(self, response, case, **_kwargs):
        assert response.status_code < 500, response.content[:2000]
        case.validate_response(response, checks=CHECKS)


@pytest.mark.slow
def test_answers_as_described_in_a_story(demo_db):
    Story.run(settings=settings(hunting(60), stateful_step_count=12))
