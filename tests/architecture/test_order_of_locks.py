"""What stands at the end of a deed: the event, and after it only what is owed because of it.

The end of the audit chain is the last thing that is held (decision 0019). Whoever holds it and then
waits for a row waits for somebody who may be waiting for the chain.
"""

from __future__ import annotations

import ast

import pytest

from tests.architecture.source import Module, called, decorators, in_role

OWED = ("wake", "notify", "owe_", "tell_")
# Names that hold or write something, however they are reached.
HOLDS = {
    "atomic", "lock", "lock_all", "hold", "hold_by", "select_for_update", "execute", "move",
    "save", "create", "bulk_create", "bulk_update", "update", "delete", "add_if_new",
    "update_or_create", "get_or_create", "next_number", "next_numbers", "post_journal",
    "post_journals",
}  # fmt: skip
# What puts words and answers together.
HARMLESS = {
    "_", "ngettext", "str", "len", "tuple", "list", "dict", "sum", "strip", "isoformat", "keys",
}  # fmt: skip
# Deeds that end with another deed, which has nothing to hold but what is held already.
ENDS_OTHERWISE = {
    "register_supplier": "its first event is in a chain that nobody else can know of yet",
}


def is_record(name: str) -> bool:
    return name.lstrip("_").startswith("record")


def is_owed(name: str) -> bool:
    return name.lstrip("_").startswith(OWED)


def out_of_order(module: Module, function: ast.FunctionDef) -> list[str]:
    """What a deed calls on the wrong side of its first event."""
    calls = [(call.lineno, name, call) for name, call in called(function)]
    events = [call for _line, name, call in calls if is_record(name)]
    if not events:
        return []
    first = min(events, key=lambda call: call.lineno)
    early = [name for line, name, _call in calls if line < first.lineno and is_owed(name)]
    late = [
        name
        for line, name, _call in calls
        if line > first.end_lineno
        and not is_record(name)
        and not is_owed(name)
        and name not in HARMLESS
        and not name[0].isupper()
        and not _only_owes(module, name)
    ]
    return early + late


def _only_owes(module: Module, name: str) -> bool:
    """Whether a function of the module owes something and holds nothing."""
    own = {each.name: each for each in module.tree.body if isinstance(each, ast.FunctionDef)}
    if name not in own:
        return False
    names = {each for each, _call in called(own[name])}
    return any(map(is_owed, names)) and not names & HOLDS


def _deeds():
    for module in in_role("services"):
        for node in module.tree.body:
            if isinstance(node, ast.FunctionDef) and (
                "atomic" in decorators(node) or "atomic" in {name for name, _call in called(node)}
            ):
                yield module, node


def test_after_the_event_comes_only_what_is_owed():
    found = {
        f"{module.name}:{function.lineno} {function.name}": wrong
        for module, function in _deeds()
        if function.name not in ENDS_OTHERWISE and (wrong := out_of_order(module, function))
    }
    assert found == {}


def test_exceptions_are_needed():
    broken = {f.name for m, f in _deeds() if out_of_order(m, f)}
    assert broken == ENDS_OTHERWISE.keys()


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("record('a', row)\nOther.objects.lock(key)", ["lock"]),
        ("record('a', row)\nrematch_order(order)", ["rematch_order"]),
        ("wake('b')\nrecord('a', row)", ["wake"]),
        ("tell_of_it(row)\nrecord('a', row)", ["tell_of_it"]),
        ("save(row)\nrecord('a', row)\nwake('b', key=str(1))\nreturn Done(row)", []),
        ("for each in rows: record('a', each)\n_owe_it(row)", []),
    ],
)
def test_the_check_sees_the_order(text, wrong):
    text = "def deed():\n    " + text.replace("\n", "\n    ")
    tree = ast.parse(text)
    assert out_of_order(Module(None, text, tree), tree.body[0]) == wrong
