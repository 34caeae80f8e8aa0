"""How many statements a life from requisition to payment takes, whatever it is made of."""

from __future__ import annotations

import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from invoicing.rehearsal import life
from marketplace.core.tenancy import stewardship
from marketplace.jobs.models import Job

MOST_STATEMENTS = 240


def test_as_many_for_100_lines_as_for_10_and_no_more_than_we_promise(fresh_db):
    """With real commits, since within a test's own transaction savepoints would count."""
    bench = {lines: life.begin(lines, timezone.now) for lines in (10, 100)}
    taken = {lines: [bench[lines].live() for _life in range(2)] for lines in bench}
    said = {each.life.statements for lives in taken.values() for each in lives}
    afterwards = {each.after.statements for lives in taken.values() for each in lives}
    assert len(said) == len(afterwards) == 1, (said, afterwards)
    assert said.pop() <= MOST_STATEMENTS
    with stewardship():
        assert not Job.objects.exclude(status="DONE").exists()


def bench(*arguments: object) -> str:
    """What the command prints."""
    printed = StringIO()
    call_command("bench", "life", *map(str, arguments), stdout=printed)
    return printed.getvalue()


def test_the_last_line_is_one_json_object(db):
    said = bench("--documents", 2, "--lines", 3)
    answer = json.loads(said.splitlines()[-1])
    assert (answer["documents"], answer["lines"]) == (2, 3)
    for name in ("documents_per_second", "cpu_ms_per_document", "statements_per_document"):
        assert answer[name] > 0
        assert answer["with_queue_and_letters"][name] > 0
    assert said.startswith("2 orders of 3 lines")


def test_for_programs_there_is_nothing_else(db):
    assert json.loads(bench("--documents", 1, "--lines", 1, "--json"))["documents"] == 1


@pytest.mark.parametrize(("documents", "lines"), [(0, 1), (1, 0), (1, 501)])
def test_refuses_what_cannot_be(db, documents, lines):
    with pytest.raises(CommandError) as refused:
        bench("--documents", documents, "--lines", lines)
    assert refused.value.returncode == 2
