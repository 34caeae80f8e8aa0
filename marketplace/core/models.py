"""Abstract models: keys, states and the query of a tenant's rows. No table is made here."""

from __future__ import annotations

from collections.abc import Collection
from functools import reduce
from operator import or_
from typing import Any, ClassVar, Generic, Self, TypeVar
from uuid import UUID

from django.db import OperationalError, models
from django.utils.translation import gettext as _

from marketplace.core.errors import Busy, Missing
from marketplace.core.ids import uuid7
from marketplace.core.states import Machine

LOCK_NOT_AVAILABLE = "55P03"  # PostgreSQL's error code when lock_timeout runs out

M = TypeVar("M", bound=models.Model)


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
        row = self.filter(pk=pk).first()
        if row is None:
            raise self._missing()
        return row

    def lock(self, pk: UUID | str) -> M:
        """Return the row with this key, held against other writers until the transaction ends.

        FOR NO KEY UPDATE, so that rows which only refer to it can still be written.
        Raises: Missing; Busy when somebody else has held it for longer than lock_timeout.
        """
        rows = self.lock_all([pk])
        if not rows:
            raise self._missing()
        return rows[0]

    def lock_all(self, pks: Collection[UUID | str]) -> list[M]:
        """Return the rows with these keys, held, in the order of their keys so that none deadlocks.

        Raises: Busy when somebody else has held one of them for longer than lock_timeout.
        """
        held = self.select_for_update(of=("self",), no_key=True).filter(pk__in=pks).order_by("pk")
        try:
            return list(held)
        except OperationalError as error:
            if getattr(error.__cause__, "sqlstate", None) == LOCK_NOT_AVAILABLE:
                raise Busy from error
            raise

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
        self.status = self.machine.target(verb, self.status)

    def verbs(self) -> list[str]:
        """Return the verbs that are possible now."""
        return self.machine.verbs(self.status)
