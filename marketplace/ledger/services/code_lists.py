"""Lists of codes that a council keeps: cost centres, accounts, doors for deliveries.

They differ in their columns and in who keeps them, and in nothing else: so each is described by a
CodeList, and the deeds are written once. A code is never removed, since what was bought stands
beside it; it is retired, and can be brought back.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from marketplace.audit.services import record
from marketplace.core.actors import Actor, OrganisationKind, Role
from marketplace.core.errors import Conflict, FieldProblem, Forbidden, Invalid
from marketplace.ledger.models.coding import CODE
from marketplace.organisations.services.holding import hold_organisation

LONGEST_CODE: Final = 20
LONGEST_NAME: Final = 200

# Any model with council, code, is_active and version.
AnyRow = Any


class CodesNotYours(Forbidden):
    """This person may not change this list of codes."""

    code = "codes.not-allowed"
    title = gettext_lazy("You cannot change this list.")
    advice = gettext_lazy("Ask a person who holds one of the roles that the answer names.")


class CodesNotRight(Invalid):
    """Something about one code or several is not as it must be; `errors` says what, of which."""

    code = "codes.not-right"
    title = gettext_lazy("Something in the list is not right.")


class CodeTaken(Conflict):
    """There is such a code already."""

    code = "codes.taken"
    title = gettext_lazy("There is such a code already.")


class CodeChanged(Conflict):
    """Somebody else changed it between reading and writing."""

    code = "codes.changed-meanwhile"
    title = gettext_lazy("Somebody else has changed this since you opened it.")
    advice = gettext_lazy("Open it again, look at what is different, and repeat your change.")


@dataclass(frozen=True, slots=True)
class CodeRow:
    """What a row is to say. Facts that are not named stay as they are."""

    code: str
    facts: Mapping[str, Any]


Check = Callable[[UUID, Sequence[CodeRow]], Iterable[FieldProblem]]


@dataclass(frozen=True, slots=True)
class CodeList:
    """One list of codes.

    Shapes: `noun` begins the verbs in the trail; `fields` may be changed; `needed` may not be
    empty; `check` yields what else is wrong, each with a pointer "rows/3/name".
    """

    model: type[AnyRow]
    noun: str
    fields: tuple[str, ...]
    needed: tuple[str, ...]
    keepers: tuple[Role, ...]
    check: Check


@dataclass(frozen=True, slots=True)
class Difference:
    """What a code said before and says now; one that is new said nothing before."""

    code: str
    before: dict[str, Any]
    after: dict[str, Any]

    @property
    def is_new(self) -> bool:
        """Tell whether there was no such code."""
        return not self.before


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a list changes: how many stay the same, and which codes it does not name."""

    differences: tuple[Difference, ...]
    same_count: int
    left_alone: tuple[str, ...]


@transaction.atomic
def add_code(
    *, codes: CodeList, keeper: Actor, code: str, facts: Mapping[str, Any], at: datetime
) -> AnyRow:
    """Add a code to a list.

    Raises: CodesNotYours, CodesNotRight, CodeTaken, Busy.
    """
    check_keeper(codes, keeper)
    row = CodeRow(code, facts)
    _refuse(_problems(codes, keeper.organisation_id, [row]), prefix="rows/0/")
    hold_organisation(keeper.organisation_id)
    if codes.model.objects.of(keeper.organisation_id).filter(code=code).exists():
        raise CodeTaken(_("There is “%(code)s” already.") % {"code": code}, field="code")
    _refuse(_lacking(codes, [row], {}), prefix="rows/0/")
    made = codes.model(council_id=keeper.organisation_id, code=code, **facts)
    made.save(force_insert=True)
    record(
        f"{codes.noun}.added",
        made,
        actor=keeper,
        at=at,
        organisation_id=keeper.organisation_id,
        after={"code": code, **_told(facts)},
    )
    return made


@transaction.atomic
def change_code(
    *,
    codes: CodeList,
    keeper: Actor,
    code_id: UUID,
    version: int,
    facts: Mapping[str, Any],
    at: datetime,
) -> AnyRow:
    """Change what a code is called and the like, retire it (`is_active`) or bring it back.

    Shapes: `version` is the one that was seen. What is as it was leaves no trace.
    Raises: CodesNotYours, CodesNotRight, CodeChanged, Missing, Busy.
    """
    check_keeper(codes, keeper)
    row = codes.model.objects.of(keeper.organisation_id).lock(code_id)
    if row.version != version:
        raise CodeChanged
    changed = _changed(row, facts)
    if not changed:
        return row
    wanted = CodeRow(row.code, changed)
    _refuse(_problems(codes, keeper.organisation_id, [wanted]), prefix="rows/0/")
    before = {name: getattr(row, name) for name in changed}
    for name, value in changed.items():
        setattr(row, name, value)
    row.version += 1
    row.save(update_fields=[*changed, "version"])
    record(
        f"{codes.noun}.{_deed(changed)}",
        row,
        actor=keeper,
        at=at,
        organisation_id=keeper.organisation_id,
        before=_told(before),
        after=_told(changed),
    )
    return row


def put_code(
    *,
    codes: CodeList,
    keeper: Actor,
    code: str,
    version: int,
    facts: Mapping[str, Any],
    at: datetime,
) -> AnyRow:
    """Make a code say this: add it if there is none, change it if there is.

    Shapes: `version` is the one that was seen, 0 for none.
    Raises: CodesNotYours, CodesNotRight, CodeTaken, CodeChanged, Busy.
    """
    row = codes.model.objects.of(keeper.organisation_id).filter(code=code).first()
    if row is None:
        return add_code(codes=codes, keeper=keeper, code=code, facts=facts, at=at)
    return change_code(
        codes=codes, keeper=keeper, code_id=row.pk, version=version, facts=facts, at=at
    )


@dataclass(frozen=True, slots=True)
class _Plan:
    """What a list comes to: rows that are new, and of each that differs what it is to say."""

    fresh: list[CodeRow]
    changes: list[tuple[AnyRow, dict[str, Any]]]
    outcome: Outcome


def look_at_codes(*, codes: CodeList, keeper: Actor, rows: Sequence[CodeRow]) -> Outcome:
    """Return what set_codes would change, and change nothing.

    Raises: CodesNotYours, CodesNotRight with one error a cell.
    """
    check_keeper(codes, keeper)
    own = codes.model.objects.of(keeper.organisation_id)
    return _planned(codes, keeper.organisation_id, rows, own).outcome


@transaction.atomic
def set_codes(*, codes: CodeList, keeper: Actor, rows: Sequence[CodeRow], at: datetime) -> Outcome:
    """Add the codes of a list that are new and change those that differ; leave others alone.

    Why one event for the whole list: who reads the trail asks who brought the list in and what it
    changed, and the end of the chain is held once, not as often as the list has rows.
    Shapes: the same list again changes nothing and leaves no trace. As many statements for a long
    list as for a short one.
    Raises: CodesNotYours, CodesNotRight with one error a cell, Busy.
    """
    check_keeper(codes, keeper)
    council_id = keeper.organisation_id
    council = hold_organisation(council_id)
    # Held before anything is compared: what the trail calls "before" is what is overwritten.
    own = codes.model.objects.of(council_id)
    plan = _planned(codes, council_id, rows, own.lock_all(own.values_list("pk", flat=True)))
    outcome = plan.outcome
    if not outcome.differences:
        return outcome
    codes.model.objects.bulk_create(
        codes.model(council_id=council_id, code=each.code, **each.facts) for each in plan.fresh
    )
    _write_changes(codes, plan.changes)
    record(
        f"{codes.noun}s.set",
        council,
        actor=keeper,
        at=at,
        organisation_id=council_id,
        before={each.code: _told(each.before) for each in outcome.differences if each.before},
        after={each.code: _told(each.after) for each in outcome.differences},
    )
    return outcome


def _planned(
    codes: CodeList, council_id: UUID, rows: Sequence[CodeRow], own: Iterable[AnyRow]
) -> _Plan:
    """Return what a list comes to beside the codes that there are.

    Raises: CodesNotRight with one error a cell.
    """
    _refuse(_problems(codes, council_id, rows))
    known = {row.code: row for row in sorted(own, key=lambda row: row.code)}
    _refuse([*_lost_noughts(rows, known), *_lacking(codes, rows, known)])
    fresh = [wanted for wanted in rows if wanted.code not in known]
    changes = [
        (known[wanted.code], changed)
        for wanted in rows
        if wanted.code in known and (changed := _changed(known[wanted.code], wanted.facts))
    ]
    named = {wanted.code for wanted in rows}
    outcome = Outcome(
        differences=(
            *(Difference(each.code, {}, dict(each.facts)) for each in fresh),
            *(
                Difference(row.code, {name: getattr(row, name) for name in changed}, changed)
                for row, changed in changes
            ),
        ),
        same_count=len(rows) - len(fresh) - len(changes),
        left_alone=tuple(
            code for code, row in known.items() if code not in named and row.is_active
        ),
    )
    return _Plan(fresh, changes, outcome)


def check_keeper(codes: CodeList, keeper: Actor) -> None:
    """Let those pass who keep this list.

    Raises: CodesNotYours.
    """
    if keeper.kind is not OrganisationKind.COUNCIL or not keeper.holds(*codes.keepers):
        raise CodesNotYours(roles=[role.value for role in codes.keepers])


def _write_changes(codes: CodeList, changes: Sequence[tuple[AnyRow, Mapping[str, Any]]]) -> None:
    for row, facts in changes:
        for name, value in facts.items():
            setattr(row, name, value)
        row.version += 1
    rows = [row for row, _facts in changes]
    codes.model.objects.bulk_update(rows, [*codes.fields, "is_active", "version"])


def _changed(row: AnyRow, facts: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in facts.items() if getattr(row, name) != value}


def _deed(changed: Mapping[str, Any]) -> str:
    if set(changed) == {"is_active"}:
        return "brought-back" if changed["is_active"] else "retired"
    return "changed"


def _told(facts: Mapping[str, Any]) -> dict[str, Any]:
    return {name: str(v) if isinstance(v, UUID) else v for name, v in facts.items()}


def _problems(codes: CodeList, council_id: UUID, rows: Sequence[CodeRow]) -> list[FieldProblem]:
    """Return everything that is wrong with some rows; the pointer begins with the row's place."""
    found: list[FieldProblem] = []
    times = Counter(row.code for row in rows)
    for place, row in enumerate(rows):
        strange = row.facts.keys() - {*codes.fields, "is_active"}
        if strange:
            raise TypeError(f"A {codes.noun} has no {sorted(strange)}.")
        if reason := _wrong_code(row.code, times[row.code]):
            found.append(FieldProblem(f"rows/{place}/code", reason))
        found += [
            FieldProblem(f"rows/{place}/{name}", _("The cell is empty."))
            for name in codes.needed
            if name in row.facts and not str(row.facts[name]).strip()
        ]
        found += [
            FieldProblem(
                f"rows/{place}/{name}",
                _("It is longer than %(most)d characters.") % {"most": LONGEST_NAME},
            )
            for name in ("name", "name_welsh", "directorate")
            if len(row.facts.get(name, "")) > LONGEST_NAME
        ]
    found += codes.check(council_id, rows)
    return found


def _wrong_code(code: str, times: int) -> str:
    if len(code) > LONGEST_CODE:
        return _("A code has at most %(most)d characters.") % {"most": LONGEST_CODE}
    if not re.fullmatch(CODE, code):
        return _("Write a code with letters, digits, points, hyphens and colons only.")
    return _("The list has this code more than once.") if times > 1 else ""


def _lacking(
    codes: CodeList, rows: Sequence[CodeRow], known: Mapping[str, AnyRow]
) -> list[FieldProblem]:
    """Find new codes of which nothing says what they must; of one that is there it stays."""
    return [
        FieldProblem(f"rows/{place}/{name}", _("It is needed for a code that is new."))
        for place, row in enumerate(rows)
        for name in codes.needed
        if row.code not in known and name not in row.facts
    ]


def _lost_noughts(rows: Sequence[CodeRow], known: Mapping[str, AnyRow]) -> list[FieldProblem]:
    """Find new codes that are old ones but for the noughts that a spreadsheet took away."""
    short = {code.lstrip("0"): code for code in known if code.startswith("0")}
    return [
        FieldProblem(
            f"rows/{place}/code",
            _(
                "There is “%(code)s” here. It seems that a spreadsheet took away the nought"
                " before it: make the column text, and write the code in full."
            )
            % {"code": short[row.code]},
        )
        for place, row in enumerate(rows)
        if row.code not in known and row.code in short
    ]


def _refuse(found: Sequence[FieldProblem], *, prefix: str = "") -> None:
    """Raise what was found, if anything.

    Raises: CodesNotRight.
    """
    if not found:
        return
    problems = [FieldProblem(each.pointer.removeprefix(prefix), each.detail) for each in found]
    first = problems[0]
    raise CodesNotRight(first.detail if len(problems) == 1 else "", errors=problems)
