"""Abstract models: keys, states and the query of a tenant's rows. No table is made here."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from functools import reduce
from operator import or_
from typing import Any, ClassVar, Generic, Self, TypeVar
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import OperationalError, models
from django.utils.translation import gettext as _

from marketplace.core.errors import Busy, Missing
from marketplace.core.ids import uuid7
from marketplace.core.states import IllegalMove, Machine

LOCK_NOT_AVAILABLE = "55P03"  # PostgreSQL's error code when lock_timeout runs out
DEADLOCK_DETECTED = "40P01"  # and when two wait for each other and it ended one of them
HELD = frozenset({LOCK_NOT_AVAILABLE, DEADLOCK_DETECTED})

M = TypeVar("M", bound=models.Model)


def is_held(error: BaseException) -> bool:
    """Tell whether the database gave up because somebody else held what a statement needed."""
    return (
        isinstance(error, OperationalError) and getattr(error.__cause__, "sqlstate", None) in HELD
    )


def busy() -> Busy:
    """Return the refusal for what somebody else holds."""
    return Busy(_("Somebody else is changing this at the moment. Please try again."))


@contextmanager
def busy_if_held() -> Iterator[None]:
    """Refuse as busy when what is done in the block waits too long for somebody else's lock.

    Raises: Busy.
    """
    try:
        yield
    except OperationalError as error:
        if is_held(error):
            raise busy() from error
        raise


class TenantQuerySet(models.QuerySet[M, M], Generic[M]):
    """A query that starts from one organisation's rows.

    A model names the columns that make a row somebody's in `tenant_columns`; a row that has two
    sides (an order has a council and a supplier) belongs to both.
    """

    def of(self, organisation_id: UUID) -> Self:
        """Return only the rows that belong to this organisation."""
        columns: tuple[str, ...] = self.model.tenant_columns  # type: ignore[attr-defined]
        return self.filter(reduce(or_, (models.Q(**{name: organisation_id}) for name in columns)))

    def one(self, pk: UUID | str) -> M:
        """Return the row with this key.

        Raises: Missing when there is none here, or it is somebody else's.
        """
        try:
            row = self.filter(pk=pk).first()
        except ValidationError:  # no key of ours looks like this
            row = None
        if row is None:
            raise self._missing()
        return row

    def lock(self, pk: UUID | str) -> M:
        """Return the row with this key, held against other writers until the transaction ends.

        FOR NO KEY UPDATE, so that rows which only refer to it can still be written.
        Raises: Missing; Busy when somebody else has held it for longer than lock_timeout.
        """
        try:
            rows = self.lock_all([pk])
        except ValidationError:  # no key of ours looks like this
            rows = []
        if not rows:
            raise self._missing()
        return rows[0]

    def lock_all(self, pks: Collection[UUID | str]) -> list[M]:
        """Return the rows with these keys, held, in the order of their keys so that none deadlocks.

        Raises: Busy when somebody else has held one of them for longer than lock_timeout.
        """
        held = self.select_for_update(of=("self",), no_key=True).filter(pk__in=pks).order_by("pk")
        with busy_if_held():
            return list(held)

    def _missing(self) -> Missing:
        return Missing(_("There is no such %(thing)s here.") % {"thing": self._noun()})

    def _noun(self) -> str:
        return str(self.model._meta.verbose_name)


class Row(models.Model):
    """Anything that is kept: its key is a time-ordered UUID made when the object is made."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)

    class Meta:
        abstract = True


class Stateful(models.Model):
    """A row with a status that only `move` changes.

    A concrete model has a `status` column and names its table of moves in `machine`.
    """

    machine: ClassVar[Machine]
    status: Any

    class Meta:
        abstract = True

    def move(self, verb: str) -> None:
        """Set the status that `verb` leads to; the caller saves.

        Raises: IllegalMove when the verb does not leave the present status.
        """
        self.status = self.check_move(verb)

    def check_move(self, verb: str) -> str:
        """Return the status that `verb` leads to, and leave the row as it is.

        Raises: IllegalMove, in the reader's language, when the verb does not leave the status.
        """
        try:
            return self.machine.target(verb, self.status)
        except IllegalMove as refusal:
            raise IllegalMove(
                _("Its status is now “%(status)s”, so this cannot be done any more.")
                % {"status": self._status_label()},
                **refusal.facts,
            ) from None

    def verbs(self) -> list[str]:
        """Return the verbs that are possible now."""
        return self.machine.verbs(self.status)

    def _status_label(self) -> str:
        labels = dict(getattr(self._meta.get_field("status"), "flatchoices", ()))
        return str(labels.get(self.status, self.status))
