"""Abstract models: keys, states and the query of a tenant's rows. No table is made here."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from functools import cache, reduce
from operator import or_
from typing import Any, ClassVar, Generic, Self, TypeVar
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import OperationalError, connection, models, transaction
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

    # Whose rows these are, as long as nothing else is asked of them: whatever is asked makes
    # another query, which does not have it.
    _all_of: UUID | None = None

    def of(self, organisation_id: UUID) -> Self:
        """Return only the rows that belong to this organisation."""
        columns = _tenant_columns(self.model)
        rows = self.filter(reduce(or_, (models.Q(**{name: organisation_id}) for name in columns)))
        if self._asks_nothing():
            rows._all_of = organisation_id
        return rows

    def one(self, pk: UUID | str) -> M:
        """Return the row with this key.

        Raises: Missing when there is none here, or it is somebody else's.
        """
        try:
            if self._all_of is not None:
                row = next(iter(self._by_keys(self._all_of, [pk])), None)
            else:
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
        with busy_if_held():
            if self._all_of is not None and not isinstance(pks, models.QuerySet):
                if not connection.in_atomic_block:
                    raise transaction.TransactionManagementError("Hold rows in a transaction.")
                return self._by_keys(self._all_of, pks, held=True)
            return self.filter(pk__in=pks).hold()

    def hold(self) -> list[M]:
        """Return all of these rows, held as lock_all holds them, in one statement.

        Raises: Busy when somebody else has held one of them for longer than lock_timeout.
        """
        with busy_if_held():
            return list(self.select_for_update(of=("self",), no_key=True).order_by("pk"))

    def hold_by(self, statement: str, facts: Mapping[str, object]) -> list[M]:
        """Return the rows that a statement of one's own reads, held as lock_all holds them.

        Shapes: the statement ends with its ORDER BY the key, so that none deadlocks.
        Raises: Busy when somebody else has held one of them for longer than lock_timeout.
        """
        table = connection.ops.quote_name(self.model._meta.db_table)
        holding = f"{statement} FOR NO KEY UPDATE OF {table}"
        with busy_if_held():
            return list(self.model._base_manager.raw(holding, facts))

    def add_if_new(self, row: M) -> bool:
        """Write a row unless one of its natural key is there; tell whether it was written.

        Shapes: of two who try at once, one waits for the other and is told no.
        """
        fields = [each for each in self.model._meta.concrete_fields if not each.generated]
        values = [each.get_db_prep_save(each.pre_save(row, True), connection) for each in fields]
        with busy_if_held(), connection.cursor() as cursor:
            cursor.execute(_adding(self.model), values)
            row._state.adding, row._state.db = not cursor.rowcount, connection.alias
        return not row._state.adding

    def _by_keys(
        self, organisation_id: UUID, pks: Collection[UUID | str], *, held: bool = False
    ) -> list[M]:
        """Return an organisation's rows by a statement that was put together before.

        Why: nearly every service begins with one, and putting it together takes longer than
        running it.
        """
        keys = [self.model._meta.pk.to_python(pk) for pk in pks]
        if not keys:
            return []
        sides = [organisation_id] * len(_tenant_columns(self.model))
        return list(self.model._base_manager.raw(_statement(self.model, held), [*sides, keys]))

    def _asks_nothing(self) -> bool:
        asked = self.query
        return not (
            asked.where
            or asked.annotations
            or asked.select_related
            or asked.deferred_loading[0]
            or asked.distinct
            or asked.combinator
            or asked.is_sliced
        )

    def _missing(self) -> Missing:
        return Missing(_("There is no such %(thing)s here.") % {"thing": self._noun()})

    def _noun(self) -> str:
        return str(self.model._meta.verbose_name)


def _tenant_columns(model: type[models.Model]) -> tuple[str, ...]:
    columns: tuple[str, ...] = model.tenant_columns  # type: ignore[attr-defined]
    return columns


@cache
def _statement(model: type[models.Model], held: bool) -> str:
    """Return the statement that reads, or holds, rows of one organisation by their keys."""
    quoted = {
        name: connection.ops.quote_name(each.column or name)
        for each in model._meta.concrete_fields
        for name in (each.name, each.attname)
    }
    names = ", ".join(quoted[each.attname] for each in model._meta.concrete_fields)
    sides = [f"{quoted[each]} = %s" for each in _tenant_columns(model)]
    key, table = quoted[model._meta.pk.attname], connection.ops.quote_name(model._meta.db_table)
    holding = f" FOR NO KEY UPDATE OF {table}" if held else ""
    return (
        f"SELECT {names} FROM {table} WHERE ({' OR '.join(sides)}) AND {key} = ANY(%s)"  # noqa: S608  # our names
        f" ORDER BY {key}{holding}"
    )


@cache
def _adding(model: type[models.Model]) -> str:
    """Return the statement that writes a row unless there is one like it."""
    quoted = connection.ops.quote_name
    names = [quoted(f.column or f.attname) for f in model._meta.concrete_fields if not f.generated]
    return (
        f"INSERT INTO {quoted(model._meta.db_table)} ({', '.join(names)})"  # noqa: S608  # our names
        f" VALUES ({', '.join(['%s'] * len(names))}) ON CONFLICT DO NOTHING"
    )


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
