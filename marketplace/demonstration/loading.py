"""The whole of the demo, step after step."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from fixtures.councils import COUNCILS
from fixtures.suppliers import SUPPLIERS
from marketplace.demonstration import bulk, founding, selling, telling
from marketplace.organisations.models import Organisation

SIZES = ("small", "council", "large")
LARGE_GOODS = 100_000
LARGE_ORDERS = 20_000
FIRST_PRICE_LISTS = timedelta(days=7)

# Called after each step of something with its name and how many steps that has.
OnStep = Callable[[str, int], None]


class NotEmpty(RuntimeError):
    """There are organisations here that are not the demo's."""


@dataclass(frozen=True, slots=True)
class Loaded:
    """What was loaded; `is_new` is false when it was there before."""

    size: str
    is_new: bool
    counts: dict[str, int] = field(default_factory=dict)


def load(size: str, at: datetime, on_step: OnStep) -> Loaded:
    """Load the demo unless it is there.

    Small and council are one transaction, so that a demo is there whole or not at all. Large is
    many, since a chain of a hundred thousand events would be slow in one; after an interruption
    it goes on where it stopped.
    Raises: NotEmpty when there is anything but the demo.
    """
    slugs = set(Organisation.objects.values_list("slug", flat=True))
    if slugs - founding.slugs():
        raise NotEmpty("There are organisations here already; the demo needs an empty marketplace.")
    if size == "large":
        return _load_large(at, on_step, is_founded=bool(slugs))
    if slugs:
        return Loaded(size, is_new=False)
    with transaction.atomic():
        return _load_through_services(size, at, on_step)


def _load_through_services(size: str, at: datetime, on_step: OnStep) -> Loaded:
    today = timezone.localdate(at)
    consortium = founding.found(today)
    on_step("Councils, suppliers and people", 1)
    goods = _sell(consortium, at, on_step)
    requisitions = telling.tell(consortium, size, today, on_step)
    return Loaded(size, is_new=True, counts=_counts(goods=goods, requisitions=requisitions))


def _load_large(at: datetime, on_step: OnStep, *, is_founded: bool) -> Loaded:
    today = timezone.localdate(at)
    if is_founded:
        consortium = founding.find_again()
        if telling.is_told(consortium):
            return Loaded("large", is_new=False)
    else:
        with transaction.atomic():
            consortium = founding.found(today)
    on_step("Councils, suppliers and people", 1)
    goods = 0
    if not selling.is_selling(consortium):
        with transaction.atomic():
            goods = _sell(consortium, at, on_step)
            goods += selling.sell_many(
                consortium,
                LARGE_GOODS,
                founding.founded_at(today) + FIRST_PRICE_LISTS,
                lambda _name: on_step("A hundred thousand goods", len(SUPPLIERS)),
            )
    orders = bulk.order_for_a_year(
        consortium, LARGE_ORDERS, today, lambda of: on_step("A year of orders", of)
    )
    with transaction.atomic():
        requisitions = telling.tell(consortium, "small", today, on_step)
    return Loaded(
        "large",
        is_new=True,
        counts=_counts(goods=goods, requisitions=requisitions + orders, bulk_orders=orders),
    )


def _sell(consortium: founding.Consortium, at: datetime, on_step: OnStep) -> int:
    began = founding.founded_at(timezone.localdate(at)) + FIRST_PRICE_LISTS
    return selling.sell(consortium, began, lambda _name: on_step("Price lists", len(SUPPLIERS)))


def _counts(**counted: int) -> dict[str, int]:
    return {"councils": len(COUNCILS), "suppliers": len(SUPPLIERS), **counted}
