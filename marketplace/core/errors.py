"""Refusals: what the product says when a request is understood and cannot be granted.

A refusal is anticipated. It is raised beside the rule that it keeps and turned in one place
(marketplace.web.problems) into a form error or an RFC 9457 problem document. Anything else that
is raised is a defect and is logged as one. The kinds say what is so; their HTTP numbers are not
known here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

# Members of a problem document that a fact must not overwrite (RFC 9457, section 3.1).
RESERVED_FACTS = frozenset({"type", "title", "status", "detail", "instance", "errors", "code"})


def gettext_noop(words: str) -> str:
    """Mark words for the translators; whoever shows them looks the translation up.

    Why: what stands in this package knows no Django, and so not who is reading.
    """
    return words


@dataclass(frozen=True, slots=True)
class FieldProblem:
    """One thing wrong with one value.

    Shapes: `pointer` is a JSON Pointer into the request body ("lines/1/quantity", without the
    leading "#/"), or a form field's name; `detail` is a sentence for the person who typed it.
    """

    pointer: str
    detail: str


class Refusal(Exception):
    """The base of every anticipated refusal; raise one of the four kinds below it."""

    code: str = "refused"
    title: Any = gettext_noop("This cannot be done.")

    def __init__(
        self,
        detail: str = "",
        *,
        field: str | None = None,
        errors: Sequence[FieldProblem] = (),
        **facts: Any,  # noqa: ANN401  # facts are extension members: any JSON value
    ) -> None:
        shadowed = RESERVED_FACTS & facts.keys()
        if shadowed:
            raise TypeError(f"Facts may not be called {', '.join(sorted(shadowed))}.")
        self.detail = str(detail) or str(self.title)
        self.field = field
        self.errors = tuple(errors) or ((FieldProblem(field, self.detail),) if field else ())
        self.facts = facts
        super().__init__(self.detail)


class Invalid(Refusal):
    """What was sent has a wrong value in it."""

    code = "invalid"
    title: Any = gettext_noop("Something in the request is not right.")


class Forbidden(Refusal):
    """The person is known and may not do this."""

    code = "forbidden"
    title: Any = gettext_noop("You are not allowed to do this.")


class Missing(Refusal):
    """There is no such thing, or it is somebody else's: the two are answered alike."""

    code = "missing"
    title: Any = gettext_noop("We cannot find that.")


class Conflict(Refusal):
    """The thing is there, but is not in a state in which this can be done."""

    code = "conflict"
    title: Any = gettext_noop("This cannot be done at the moment.")


class Busy(Conflict):
    """Somebody else holds the row; the same request may succeed a moment later."""

    code = "busy"
    title: Any = gettext_noop("Somebody else is changing this at the moment. Please try again.")
