"""What the supplier says to an order, and what the council makes of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from django.db import connection, transaction
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from marketplace.audit.services import record
from marketplace.core.actors import Actor
from marketplace.core.errors import FieldProblem, Forbidden, Invalid
from marketplace.jobs.services import wake
from marketplace.ledger.services.commitments import Document, release_commitment
from marketplace.notifications.services import notify
from marketplace.ordering.bought.rules import last_delivery_on
from marketplace.ordering.links import order_link
from marketplace.ordering.models import Order, OrderLine
from marketplace.ordering.orders.services.orders import KIND, check_version, hold_lines
from marketplace.ordering.states import Answer

_ANSWER_LINES = """
    UPDATE ordering_orderline AS line
    SET answer = said.answer, promised_on = said.promised_on, refusal_reason = said.reason
    FROM unnest(%s::uuid[], %s::text[], %s::date[], %s::text[])
         AS said (line_id, answer, promised_on, reason)
    WHERE line.id = said.line_id AND line.order_id = %s
"""


class AnswerNotAllowed(Forbidden):
    """This person may not answer for the supplier."""

    code = "order.answer-not-allowed"
    title = gettext_lazy("You cannot answer this order.")


class AnswerNotComplete(Invalid):
    """A line has no answer, two, or half of one."""

    code = "order.answer-not-complete"
    title = gettext_lazy("Some lines still need an answer.")


@dataclass(frozen=True, slots=True)
class LineAnswer:
    """What the supplier says to one line; LATER needs a day and REFUSED a reason."""

    line_id: UUID
    answer: Answer
    promised_on: date | None = None
    reason: str = ""


@transaction.atomic
def answer_order(
    *,
    order_id: UUID,
    supplier: Actor,
    answers: Sequence[LineAnswer],
    at: datetime,
    note: str = "",
    version: int | None = None,
) -> Order:
    """Accept, accept for a later day, or refuse every line of an order.

    The council's side (money given back, the buyer told) is owed as a job, since a supplier may
    not touch a council's budgets.
    Shapes: `version` is the one that was seen, None for whatever there is.
    Raises: Missing; AnswerNotAllowed; OrderChanged; IllegalMove; AnswerNotComplete; Busy.
    """
    orders = Order.objects.of(supplier.organisation_id).filter(supplier_id=supplier.organisation_id)
    order = orders.lock(order_id)
    if not supplier.holds("supplier"):
        raise AnswerNotAllowed
    check_version(order, version)
    verb = _verb(answers)
    order.check_move(verb)
    lines = sorted(hold_lines(order), key=lambda line: line.line_number)
    _check(lines, answers, timezone.localdate(at))
    before = {"status": order.status}
    order.move(verb)
    order.answered_at, order.answered_by_name = at, supplier.name
    order.answer_note = note.strip()
    order.version += 1
    order.save(
        update_fields=["status", "answered_at", "answered_by_name", "answer_note", "version"]
    )
    with connection.cursor() as cursor:
        cursor.execute(
            _ANSWER_LINES,
            [
                [each.line_id for each in answers],
                [each.answer.value for each in answers],
                [each.promised_on if each.answer is Answer.LATER else None for each in answers],
                [
                    each.reason.strip()[:500] if each.answer is Answer.REFUSED else ""
                    for each in answers
                ],
                order.pk,
            ],
        )
    counted = [each.answer for each in answers]
    record(
        "order.answered",
        order,
        actor=supplier,
        at=at,
        organisation_id=order.council_id,
        counterparty_id=order.supplier_id,
        before=before,
        after={
            "status": order.status,
            **{each.value.lower(): counted.count(each) for each in Answer if each in counted},
        },
        note=order.answer_note,
    )
    wake(
        "ordering.settle_answer",
        key=f"order:{order.pk}:settle",
        organisation_id=order.supplier_id,
        payload={"order_id": str(order.pk)},
    )
    return order


@transaction.atomic
def settle_answer(*, council_id: UUID, order_id: UUID, at: datetime) -> Order:
    """Give back the money of refused lines, and tell the buyer what the supplier said.

    Shapes: run again for the same order it does nothing.
    Raises: Missing.
    """
    order = Order.objects.of(council_id).lock(order_id)
    if order.settled_at is not None or order.answered_at is None:
        return order
    lines = list(order.lines.order_by("line_number"))
    refused = {line.pk: None for line in lines if line.answer == Answer.REFUSED}
    released: dict[UUID, Decimal] = {}
    if refused:
        released = release_commitment(
            council_id=council_id,
            document=Document(KIND, order.pk),
            amounts=refused,
            at=at,
            reason="order.refused",
        )
    order.settled_at = at
    order.save(update_fields=["settled_at"])
    record(
        "order.answer-settled",
        order,
        actor=None,
        at=at,
        organisation_id=council_id,
        after={
            "refused_lines": len(refused),
            "released_amount": sum(released.values(), Decimal(0)),
        },
    )
    _tell_buyer(order, lines, at)
    return order


def _verb(answers: Sequence[LineAnswer]) -> str:
    refused = [each.answer is Answer.REFUSED for each in answers]
    if refused and all(refused):
        return "refuse"
    return "part_refuse" if any(refused) else "acknowledge"


def _check(lines: Sequence[OrderLine], answers: Sequence[LineAnswer], today: date) -> None:
    said = {each.line_id: each for each in answers}
    if len(said) != len(answers) or said.keys() != {line.pk for line in lines}:
        raise AnswerNotComplete(_("Answer every line once."))
    problems = []
    for place, line in enumerate(lines):
        found = _problem(line, said[line.pk], today)
        if found is not None:
            problems.append(FieldProblem(f"lines/{place}/{found[0]}", found[1]))
    if problems:
        raise AnswerNotComplete(problems[0].detail, errors=problems)


def _wrong_day(promised_on: date | None, today: date) -> str:
    """Return what is wrong with a promised day, or nothing."""
    last = last_delivery_on(today)
    if promised_on is None:
        return _("Say on which day you will deliver it.")
    if promised_on < today:
        return _("Give a day that is still to come.")
    if promised_on > last:
        return _("Check the year. Give a day up to %(last)s.") % {
            "last": date_format(last, "j F Y")
        }
    return ""


def _problem(line: OrderLine, answer: LineAnswer, today: date) -> tuple[str, str] | None:
    """Return what is wrong with an answer, and with which part of it, or None."""
    if answer.answer is Answer.WAITS:
        return "answer", _("Choose an answer.")
    if answer.answer is Answer.LATER and (wrong := _wrong_day(answer.promised_on, today)):
        return "promised_on", wrong
    if answer.answer is Answer.REFUSED and line.received_quantity:
        return "answer", _("Some of it has been received already. Accept it.")
    if answer.answer is Answer.REFUSED and line.billed_quantity:
        return "answer", _("You have sent an invoice for it already. Accept it.")
    if answer.answer is Answer.REFUSED and not answer.reason.strip():
        return "reason", _("Say why you refuse it.")
    return None


def _tell_buyer(order: Order, lines: Sequence[OrderLine], at: datetime) -> None:
    """Write to the one who ordered, if something is not as it was asked for."""
    words = []
    for line in lines:
        if line.answer == Answer.REFUSED:
            words.append(
                _("Refused: %(name)s. %(reason)s")
                % {"name": line.name, "reason": line.refusal_reason}
            )
        elif line.answer == Answer.LATER and line.promised_on is not None:
            words.append(
                _("Later: %(name)s, on %(day)s")
                % {"name": line.name, "day": date_format(line.promised_on, "j F Y")}
            )
    if not words:
        return
    subject = _("Order %(number)s: some of it comes later")
    if any(line.answer == Answer.REFUSED for line in lines):
        subject = _("Order %(number)s: the supplier cannot do all of it")
    notify(
        organisation_id=order.council_id,
        to=order.contact_email,
        subject=subject % {"number": order.number},
        body="\n".join([*words, order.answer_note]).strip(),
        link=order_link(order.pk),
        key=f"order:{order.pk}:answered",
        at=at,
    )
