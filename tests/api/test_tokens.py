"""A token opens what its scopes say, to whom its person's roles let in, and nothing else."""

from __future__ import annotations

from uuid import uuid4

import pytest
from drf_spectacular.generators import SchemaGenerator

from marketplace.core.actors import Role
from marketplace.organisations.scopes import scopes_for
from marketplace.web.api import words_of
from tests.access.world import addresses
from tests.api.conftest import API
from tests.api.programs import PEOPLE, document

# Parts of addresses that are whole numbers; every other is a key.
WHOLE = {"year": 2026, "place": 1}
OPERATIONS = [
    (
        each.path({n: WHOLE.get(n) or uuid4() for n in each.parameters}),
        method,
        each.view.view_class,
    )
    for each in addresses()
    if each.is_api
    for method in ("GET", "POST", "PUT", "PATCH", "DELETE")
    if hasattr(each.view.view_class, method.lower())
]


def wanted(view: type, method: str) -> str | None:
    """Return the scope that an operation asks for."""
    scope = view.scope
    return scope if isinstance(scope, str) or scope is None else scope[method]


@pytest.mark.parametrize("who", sorted(PEOPLE))
@pytest.mark.parametrize(
    ("path", "method", "view"), OPERATIONS, ids=[f"{m} {v.__name__}" for _p, m, v in OPERATIONS]
)
class TestEveryOperation:
    def test_needs_role_and_scope(self, program, who, path, method, view):
        words = set(words_of(view, method))
        scope = wanted(view, method)
        others = {wanted(v, m) for _p, m, v in OPERATIONS} - {scope, None}
        caller = program(who, *sorted(others))
        answer = caller.send(method, path, **{"If-Match": '"1"'})
        if not words & {*caller.membership.roles, "signed-in"}:
            assert "roles" in document(answer, 403)
        elif scope is not None:
            assert document(answer, 403)["scope"] == scope
            alone = program(who, scope).send(method, path, **{"If-Match": '"1"'})
            assert alone.status_code not in {401, 403} or "scope" not in alone.json()


class TestReadersWhoMayNotWrite:
    """Whoever may only look is told so in the description, and is offered no scope to write."""

    def test_an_auditor_is_offered_no_scope_to_write(self):
        offered = {each for each in scopes_for([Role.AUDITOR]) if each.endswith(":write")}
        assert offered == {"audit-bundles:write"}  # which are theirs to make
        assert "budgets:read" in scopes_for([Role.AUDITOR])
        assert {"budgets:write", "control-accounts:write"} <= {*scopes_for([Role.FINANCE])}
        assert "requisitions:write" in scopes_for([Role.REQUESTER])

    @pytest.mark.parametrize(
        ("method", "path"),
        [
            ("put", "control-accounts"), ("post", "budgets"), ("put", "budgets/{budget_id}"),
            ("post", "periods"), ("put", "delivery-points/{code}"), ("put", "accounts/{code}"),
            ("put", "cost-centres/{code}"), ("put", "approval-rules"), ("post", "requisitions"),
        ],
    )  # fmt: skip
    def test_are_not_named_where_something_changes(self, method, path):
        document = SchemaGenerator().get_schema(request=None, public=True)
        operations = document["paths"][f"{API}/{path}"]
        assert "auditor" not in operations[method]["description"].split("Who may:")[1]
        if "get" in operations:
            assert "auditor" in operations["get"]["description"].split("Who may:")[1]


class TestWhoIsCalling:
    @pytest.mark.parametrize("who", sorted(PEOPLE))
    def test_is_told_what_they_may_do(self, program, who):
        caller = program(who)
        said = caller.get(f"{API}/me").json()
        assert said["email"] == PEOPLE[who]
        assert said["roles"] == sorted(caller.membership.roles)

    @pytest.mark.parametrize(
        "header",
        [
            "Bearer", "Bearer ", "Bearer mkt_", "Bearer x", "Bearer mkt_" + "x" * 5000,
            "Bearer mkt_é", "bearer mkt_\x7f", "Bearer null", "Bearer mkt_x mkt_x",
        ],
    )  # fmt: skip
    def test_is_nobody_with_a_token_that_is_none(self, client, program, header):
        answer = client.get(f"{API}/me", headers={"Authorization": header})
        document(answer, 401)

    def test_is_nobody_by_another_scheme(self, client, program):
        answer = client.get(f"{API}/me", headers={"Authorization": "Basic YTpi"})
        document(answer, 401)


def test_a_token_can_be_given_for_whatever_its_person_may_do():
    every = {wanted(view, method) for _path, method, view in OPERATIONS} - {None}
    from marketplace.core.actors import Role

    assert set(scopes_for(list(Role))) == every
