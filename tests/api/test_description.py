"""The published description: whole, valid, the same every time, and saying what each answers."""

from __future__ import annotations

import os
import re
import subprocess
import sys

import pytest
from django.core.management import call_command
from django.test import Client
from drf_spectacular.generators import SchemaGenerator

from marketplace.web.problems import MEDIA_TYPE
from tests.access.world import addresses
from tests.templates import ROOT

WRITES = {"post", "put", "patch", "delete"}


def whole() -> dict:
    return SchemaGenerator().get_schema(request=None, public=True)


OPERATIONS = [
    pytest.param(path, method, operation, id=operation["operationId"])
    for path, methods in whole()["paths"].items()
    for method, operation in methods.items()
]


class TestTheDocument:
    def test_is_made_without_a_warning_and_is_valid(self, tmp_path):
        call_command(
            "spectacular", "--validate", "--fail-on-warn", "--file", str(tmp_path / "openapi.yml")
        )

    def test_is_of_the_version_that_it_says(self):
        assert whole()["openapi"] == "3.1.0"

    def test_is_the_same_every_time_and_in_every_process(self, tmp_path):
        made = set()
        for seed in ("1", "2"):
            file = tmp_path / seed
            subprocess.run(
                [sys.executable, "-m", "django", "spectacular", "--file", str(file)],
                env=os.environ | {"PYTHONHASHSEED": seed, "DJANGO_SETTINGS_MODULE": _settings()},
                check=True,
                cwd=ROOT,
            )
            made.add(file.read_bytes())
        assert len(made) == 1

    def test_is_what_is_published(self):
        answer = Client().get("/api/schema/", headers={"Accept": "application/json"})
        assert answer.status_code == 200
        assert answer.json()["paths"].keys() == whole()["paths"].keys()

    def test_leaves_no_operation_out(self):
        written = {path.replace("{", "").replace("}", "") for path in whole()["paths"]}
        there = {
            "/" + re.sub(r"<(?:\w+:)?(\w+)>", r"\1", each.route)
            for each in addresses()
            if each.is_api
        }
        assert written == there

    def test_has_an_example_of_every_json_answer(self):
        for path, method, operation in (each.values for each in OPERATIONS):
            good = next(a for code, a in operation["responses"].items() if code < "300")
            content = good["content"].get("application/json")
            assert content is None or content.get("examples"), (method, path)


@pytest.mark.parametrize(("path", "method", "operation"), OPERATIONS)
class TestEveryOperation:
    def test_says_what_it_does_and_who_may(self, path, method, operation):
        assert operation["summary"]
        assert "Who may: " in operation["description"]
        assert operation["security"]

    def test_describes_its_answers(self, path, method, operation):
        answers = operation["responses"]
        good = [code for code in answers if code < "300"]
        assert len(good) == 1
        assert answers[good[0]]["content"]
        expected = {"401", "403"}
        if "{" in path:
            expected.add("404")
        if method in WRITES:
            expected |= {"400", "413", "415", "422"}
        if any(each["in"] == "query" for each in operation.get("parameters", [])):
            expected |= {"400", "422"}
        assert expected <= answers.keys()

    def test_answers_every_problem_with_a_problem_document(self, path, method, operation):
        for code, answer in operation["responses"].items():
            if code >= "400":
                assert list(answer["content"]) == [MEDIA_TYPE], code
                assert answer["description"], code


def _settings() -> str:
    return os.environ.get("DJANGO_SETTINGS_MODULE", "marketplace.config.settings")
