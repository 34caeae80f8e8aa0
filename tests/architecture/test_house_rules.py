"""Rules of the house that a reviewer would otherwise say twice."""

from __future__ import annotations

import ast
import re
import tomllib

import pytest

from tests.architecture.source import (
    PACKAGES,
    ROOT,
    called,
    decorators,
    in_role,
    modules,
    modules_of_tests,
)

MOST_LINES_A_MODULE = 400
# A program that goes with every bundle of an auditor's as one file cannot be split.
MOST_LINES_ALONE = {"marketplace/desk/bundles/verify_bundle.py": 450}
MOST_LINES_A_FUNCTION = 70
MOST_LINES_OF_SETTINGS = 250
WRITES = {
    "save", "create", "bulk_create", "bulk_update", "update_or_create", "get_or_create", "delete",
    "select_for_update", "lock", "lock_all", "hold", "hold_by", "add_if_new",
}  # fmt: skip
FORBIDDEN_NAMES = {"utils", "helpers", "common", "managers", "misc"}

# Services that change nothing of a tenant's, or whose change is its own record.
UNRECORDED = {
    "notify": "a message that is owed is its own record, beside the event that owes it",
    "take_codes_file": "set_codes records what it set",
    "take_budgets_file": "set_budgets records what it set",
    "add_budget": "set_budgets records what it set",
    "enrol_person": "a person without a tenant; whoever invites or founds for them records it",
    "forget_done_jobs": "what was done left its own trace, and that is kept",
}
# Who may work across tenants, and why. Anything else acts for one organisation.
STEWARDS = {
    "marketplace/core/tenancy.py": "defines it",
    "marketplace/jobs/services.py": "the outbox of all tenants is one table",
    "marketplace/documents/services.py": "what a scan found is not for the document's owner to say",
    "marketplace/audit/management/commands/verify_audit.py": "walks the chains of all tenants",
    "marketplace/ledger/management/commands/check_ledger.py": "reckons the budgets of all tenants",
    "marketplace/organisations/management/commands/reset_second_factor.py": "an operator's deed",
    "marketplace/web/idempotency.py": "keys of all tenants are forgotten after a week",
}
# Pages that read something beside what was typed, which cannot have mistakes.
NO_FORM_OF_THEIRS = {"password_from_link": "asks whose link it is; allauth's view reads the form"}
# Where a status is set in one statement, and why `move` on a row held would not do.
STATUS_BY_UPDATE = {
    "marketplace/jobs/services.py": "a claim is won by the statement that marks the row",
    "marketplace/approvals/services/cases.py": "drops the steps that are left, by their only move",
    "marketplace/web/idempotency.py": "the HTTP number of an answer, which is no state",
    "catalogue/imports/loading.py": "withdraws what a list leaves out: thousands of rows, one move",
    "invoicing/payments/services/paid.py": "a run's invoices, each moved while all are held",
}
# Who says for whom the database lets rows through, and why. Everybody else acts for whoever the
# middleware, the token or the job runner found.
TENANTS = {
    "marketplace/core/tenancy.py": "defines it",
    "marketplace/organisations/middleware.py": "whom the session acts for",
    "marketplace/organisations/authentication.py": "whom the token acts for",
    "marketplace/jobs/services.py": "whom a job is done for",
    "marketplace/ordering/tasks.py": "a supplier's answer is settled on the council's side",
    "invoicing/tasks.py": "what a supplier sent in is read on the council's side",
    "marketplace/organisations/services/founding.py": "a council that was not there before",
    "marketplace/organisations/services/mail.py": "the worker tells a council of its supplier",
    "marketplace/organisations/views/links.py": "whoever has no password yet sees who invited them",
    "marketplace/organisations/services/people.py": "whoever accepts joins the one who invited",
    "marketplace/organisations/services/suppliers.py": "a supplier that was not there before",
    "marketplace/organisations/selectors/demonstration.py": "the page that lets anybody be tried",
    "marketplace/demonstration/founding.py": "founds the councils of the demonstration",
    "marketplace/demonstration/selling.py": "fills the catalogues of its suppliers",
    "marketplace/demonstration/telling.py": "plays both sides of its stories",
    "marketplace/demonstration/billing.py": "plays both sides of what is billed and paid",
    "marketplace/demonstration/bulk.py": "writes both sides of its past",
    "catalogue/management/commands/import_catalogue.py": "an operator names the supplier",
    "marketplace/ordering/management/commands/set_up.py": "an operator names the council",
    "invoicing/management/commands/import_invoice.py": "an operator, or the invoice, names it",
    "catalogue/search/benchmark.py": "measures what a council and a supplier see",
    "invoicing/rehearsal/founding.py": "plays both sides of the line, each as itself",
    "invoicing/rehearsal/life.py": "does the worker's deeds for the council",
}
# The folders that every package may have; any other that holds modules is a room.
FLOORS = {
    "models", "selectors", "services", "views", "api", "migrations", "management", "templatetags",
}  # fmt: skip


def _length(node: ast.AST) -> int:
    return node.end_lineno - node.lineno + 1


def test_no_module_is_too_long():
    long = {m.name: m.text.count("\n") for m in (*modules(), *modules_of_tests())}
    most = {name: MOST_LINES_ALONE.get(name, MOST_LINES_A_MODULE) for name in long}
    assert {name: n for name, n in long.items() if n > most[name]} == {}


def test_settings_are_one_short_module():
    (settings,) = (m for m in modules() if m.path.name == "settings.py")
    assert settings.text.count("\n") <= MOST_LINES_OF_SETTINGS
    values = [
        call.args[0].value
        for name, call in called(settings.tree)
        if name in {"_text", "_flag", "_list"} and isinstance(call.args[0], ast.Constant)
    ]
    assert sorted(values) == sorted(set(values)), "each value is read once"


def test_no_function_is_too_long():
    long = [
        f"{m.name}:{f.lineno} {f.name} {_length(f)}"
        for m in (*modules(), *modules_of_tests())
        for f in m.functions()
        if _length(f) > MOST_LINES_A_FUNCTION
    ]
    assert long == []


def test_no_module_is_a_drawer():
    names = {
        m.name
        for m in modules()
        for part in m.path.parts
        if part.removesuffix(".py") in FORBIDDEN_NAMES
    }
    assert names == set()


def _atomic_services():
    for module in in_role("services"):
        for node in module.tree.body:
            if isinstance(node, ast.FunctionDef) and (
                "atomic" in decorators(node) or "atomic" in {name for name, _call in called(node)}
            ):
                yield module, node


def test_atomic_services_take_keywords_and_say_what_they_do():
    wrong = [
        f"{m.name}:{f.lineno} {f.name}"
        for m, f in _atomic_services()
        if not f.name.startswith("_")
        and (f.args.args or f.args.posonlyargs or not ast.get_docstring(f))
    ]
    assert wrong == []


def _names_reached(module, function, seen):
    """The names that a function calls, itself or through others of its module."""
    own = {f.name: f for f in module.tree.body if isinstance(f, ast.FunctionDef)}
    for name, _call in called(function):
        yield name
        if name in own and name not in seen:
            seen.add(name)
            yield from _names_reached(module, own[name], seen)


def test_atomic_services_leave_a_trace():
    silent = [
        f"{m.name}:{f.lineno} {f.name}"
        for m, f in _atomic_services()
        if not f.name.startswith("_")
        and f.name not in UNRECORDED
        and not {"record", "_record"} & set(_names_reached(m, f, set()))
    ]
    assert silent == []


def test_edges_and_selectors_do_not_write():
    writing = [
        f"{m.name}:{call.lineno} .{name}()"
        for m in in_role("views", "api", "tasks", "selectors", "forms")
        for name, call in called(m.tree)
        if name in WRITES and isinstance(call.func, ast.Attribute)
    ]
    assert writing == []


def test_a_form_with_mistakes_is_not_answered_as_done():
    """A page that reads a form and shows it again says 422; a refusal brings its own number."""
    silent = [
        f"{m.name}:{f.lineno} {f.name}"
        for m in in_role("views")
        for f in m.functions()
        if {"is_valid", "render"} <= {name for name, _call in called(f)}
        and any(isinstance(node, ast.Attribute) and node.attr == "POST" for node in ast.walk(f))
        and not any(isinstance(node, ast.Constant) and node.value == 422 for node in ast.walk(f))
        and f.name not in NO_FORM_OF_THEIRS
    ]
    assert silent == []


def test_only_move_sets_a_status():
    setting = [
        f"{m.name}:{node.lineno}"
        for m in modules()
        if m.name not in {"marketplace/core/models.py", "marketplace/jobs/services.py"}
        for node in ast.walk(m.tree)
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Attribute)
        and target.attr == "status"
        and not (isinstance(target.value, ast.Name) and target.value.id == "self")
    ]
    assert setting == []


def test_no_status_is_set_past_move():
    """`move` looks at the table of states; a statement of its own does not."""
    in_sql = re.compile(r"UPDATE\s[^\"]*?\bSET\b[^\"]*?\bstatus\s*=", re.DOTALL)
    found = {
        m.name
        for m in modules()
        if in_sql.search(m.text)
        or any(
            name == "update" and any(each.arg == "status" for each in call.keywords)
            for name, call in called(m.tree)
        )
        or any(
            name == "bulk_update" and '"status"' in ast.get_source_segment(m.text, call)
            for name, call in called(m.tree)
        )
    }
    assert found == STATUS_BY_UPDATE.keys()


def test_rules_say_their_source_or_why():
    bare = [
        f"{m.name}:{f.lineno} {f.name}"
        for m in in_role("rules")
        for f in m.tree.body
        if isinstance(f, ast.FunctionDef)
        and not f.name.startswith("_")
        and not re.search(r"(Source|Why):", ast.get_docstring(f) or "")
    ]
    assert bare == []


def test_no_signals_and_no_saves_of_our_own():
    found = [
        f"{m.name}:{f.lineno} {f.name}"
        for m in modules()
        for f in m.functions()
        if "receiver" in decorators(f) or (f.name == "save" and m.role == "models")
    ]
    assert found == []


def test_nothing_is_sent_past_the_outbox():
    sending = [
        f"{m.name}:{call.lineno} .{name}()"
        for m in modules()
        for name, call in called(m.tree)
        if name in {"delay", "apply_async", "send_task"} and m.name != "marketplace/jobs/bell.py"
    ]
    assert sending == []


def test_no_page_decides_by_a_status():
    """What a status means is said by its machine or its row; a page asks them, and shows it."""
    compared = re.compile(r"\.status\s*(==|!=|in\b|not in\b)|(==|!=|\bin\b)\s*\w+\.status\b")
    folders = [ROOT / package.replace(".", "/") for package in PACKAGES]
    pages = {page for folder in folders for page in folder.rglob("*.html")}
    assert len(pages) > 100
    found = {
        f"{page.relative_to(ROOT)}: {line.strip()[:80]}"
        for page in pages
        for line in page.read_text().splitlines()
        if compared.search(line)
    }
    assert found == set()


def test_no_page_takes_the_last_of_several_files():
    """A plain file box keeps the last of the files sent under its name and says nothing."""
    found = [
        f"{m.name}:{call.lineno}"
        for m in modules()
        for name, call in called(m.tree)
        if name in {"FileField", "ImageField"}
        and ast.unparse(call.func).startswith("forms.")
        and m.name != "marketplace/web/fields.py"
    ]
    assert found == []


def test_one_gate_for_xml():
    parsers = {"fromstring", "parse", "XMLParser", "iterparse", "XML"}
    found = [
        f"{m.name}:{call.lineno}"
        for m in modules()
        for name, call in called(m.tree)
        if m.name != "marketplace/core/xml.py"
        and name in parsers
        and isinstance(call.func, ast.Attribute)
        and isinstance(call.func.value, ast.Name)
        and call.func.value.id in {"etree", "ElementTree", "objectify", "html"}
    ]
    assert found == []


def test_stewards_are_listed():
    found = {m.name for m in modules() if any(name == "stewardship" for name, _ in called(m.tree))}
    assert found - STEWARDS.keys() == set()
    assert STEWARDS.keys() - found - {"marketplace/core/tenancy.py"} == set()


def test_who_acts_for_somebody_else_is_listed():
    found = {
        m.name
        for m in modules()
        if any(name in {"tenant", "act_for"} for name, _call in called(m.tree))
    }
    assert found == TENANTS.keys()


def test_rooms_stand_in_one_row():
    """A package that has rooms has a contract which gives each of them its place."""
    packages = [ROOT / name for name in PACKAGES]
    packages += [path for path in (ROOT / "marketplace").iterdir() if path.is_dir()]
    with_rooms = {
        ".".join(package.relative_to(ROOT).parts)
        for package in packages
        if package.name != "marketplace"
        for room in package.iterdir()
        if room.name not in FLOORS and (room / "__init__.py").exists()
    }
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())
    kept = {
        name
        for contract in settings["tool"]["importlinter"]["contracts"]
        if contract.get("exhaustive")
        for name in contract["containers"]
    }
    assert with_rooms == kept - {"marketplace"}


@pytest.mark.parametrize(
    ("contract", "roles"),
    [
        ("The inside does not know about HTTP", {"services", "selectors"}),
        ("Rules, states, money and errors are plain Python", {"rules"}),
    ],
)
def test_contracts_name_whom_they_are_for(contract, roles):
    """A contract holds those whom it names, and a new room is easily left out."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())
    (named,) = (
        {*each["source_modules"]}
        for each in settings["tool"]["importlinter"]["contracts"]
        if each["name"] == contract
    )
    left_out = set()
    for module in in_role(*roles):
        parts = module.path.relative_to(ROOT).with_suffix("").parts
        its = [".".join(parts[: place + 1]) for place in range(len(parts))]
        if not named & set(its) and "views" not in parts:
            left_out.add(its[parts.index(module.role)])
    assert left_out == set()


@pytest.mark.parametrize("word", ["TODO", "FIXME", "XXX", "raise NotImplementedError"])
def test_nothing_is_left_undone(word):
    assert [m.name for m in modules() if re.search(rf"\b{word}\b", m.text)] == []


def test_no_address_of_a_registry_is_kept():
    pattern = re.compile(r"https?://[^\s\"']*(pypi|pythonhosted|npmjs|debian\.org)")
    kept = [
        path.relative_to(ROOT).as_posix()
        for path in [*ROOT.glob("*"), *ROOT.glob("docs/**/*"), *ROOT.glob(".ci/*")]
        if path.is_file() and pattern.search(path.read_text(errors="ignore"))
    ]
    assert kept == []


def test_an_empty_answer_is_an_answer():
    """A form made of nothing has no mistakes to show; `posted` tells it from a page being read."""
    wrong = re.compile(r"request\.(POST|FILES) or ")
    assert [str(module.path) for module in modules() if wrong.search(module.text)] == []
