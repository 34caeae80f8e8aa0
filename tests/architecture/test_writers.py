"""Who writes: services do, under that name, so that the rules for services see every deed."""

from __future__ import annotations

import ast
import re

from tests.architecture.source import Module, called, decorators, modules

WRITES = {
    "save", "create", "bulk_create", "bulk_update", "update_or_create", "get_or_create", "delete",
}  # fmt: skip
IN_SQL = re.compile(
    r"\b(INSERT\s+INTO|UPDATE\s+\S+(\s+AS\s+\w+)?\s+SET|DELETE\s+FROM|MERGE\s+INTO)\s"
    r"|\b(catalogue_settle_words|audit_append)\("
)
# Modules that write and are no services, and why nobody misses their event.
WRITERS = {
    "catalogue/imports/loading.py": "the statements of import_catalogue, which records",
    "catalogue/imports/progress.py": "how far a file is, which is forgotten when it ends",
    "catalogue/listings/counts.py": "sums that follow the listings; whoever writes those records",
    "catalogue/listings/locks.py": "a savepoint around the wait for a lock; writes nothing",
    "catalogue/listings/settling.py": "tidies an index; no row says anything else afterwards",
    "catalogue/management/commands/import_catalogue.py": "a savepoint, to look and leave nothing",
    "catalogue/search/benchmark.py": "councils that are only timed, and rolled back",
    "marketplace/core/models.py": "the words of the statements that services write rows with",
    "marketplace/demonstration/bulk.py": "a past that was never lived; it writes the events too",
    "marketplace/demonstration/deliveries.py": "what came in that past; it writes the events too",
    "marketplace/demonstration/founding.py": "the invented councils, before anybody acts",
    "marketplace/demonstration/loading.py": "one transaction around the deeds of services",
    "marketplace/demonstration/writing.py": "numbers and events of that past, in bulk",
    "marketplace/organisations/management/commands/reset_second_factor.py": "records it itself",
    "marketplace/organisations/models/people.py": "Django's own way to make a person",
    "marketplace/web/idempotency.py": "keys of requests: what they did has an event of its own",
}


def _is_a_write(name: str, call: ast.Call) -> bool:
    if not isinstance(call.func, ast.Attribute):
        return False
    of = ast.unparse(call.func.value)
    if name == "update":  # of a dict it takes the pairs, of rows the columns by name
        return not call.args and re.search(r"\bobjects\b|\.filter\(|_rows\b", of) is not None
    return name in WRITES and of != "super()"


def writes_of(module: Module) -> list[int]:
    """The lines on which a module opens a transaction or writes to a table."""
    by_call = [
        call.lineno
        for name, call in called(module.tree)
        if name == "atomic" or _is_a_write(name, call)
    ]
    by_mark = [f.lineno for f in module.functions() if "atomic" in decorators(f)]
    by_statement = [
        node.lineno
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and IN_SQL.search(node.value)
    ]
    return sorted({*by_call, *by_mark, *by_statement})


def test_who_writes_is_a_service_or_named_here():
    found = {m.name: writes_of(m) for m in modules() if m.role != "services"}
    assert {name: lines for name, lines in found.items() if lines and name not in WRITERS} == {}
    assert {name for name in WRITERS if not found.get(name)} == set()


def test_the_check_sees_every_way_of_writing():
    ways = [
        "@transaction.atomic\ndef f(): ...",
        "with transaction.atomic(): ...",
        "row.save()",
        "Row.objects.of(council).filter(pk=1).update(name='x')",
        "Row.objects.bulk_create([])",
        "cursor.execute('INSERT INTO row VALUES (1)')",
        "cursor.execute('UPDATE row AS r SET a = 1')",
    ]
    for way in ways:
        assert writes_of(Module(None, way, ast.parse(way))), way
    for other in ("options.update(a=1)", "known.update(found)", "super().save()", "'UPDATE it'"):
        assert not writes_of(Module(None, other, ast.parse(other))), other
