"""Everybody and everything that the enumeration of addresses needs, out of the demonstration."""

from __future__ import annotations

import hashlib
import re
import secrets
from collections import defaultdict
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cached_property
from itertools import product

from django.apps import apps
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver
from django.utils import timezone

from marketplace.core.tenancy import stewardship
from marketplace.organisations.models import ApiToken, Kind, Membership
from marketplace.organisations.selectors.people import actor_of
from marketplace.web.access import declared, is_third_party
from tests.factories.organisations import sign_in

# Which row an address speaks of, by the name of its parameter. A new name must be added here.
ROWS = {
    "requisition_id": "ordering.Requisition",
    "line_id": "ordering.RequisitionLine",
    "order_id": "ordering.Order",
    "receipt_id": "ordering.Receipt",
    "document_id": "documents.Document",
    "invoice_id": "invoicing.Invoice",
    "arrival_id": "invoicing.Arrival",
    "finding_id": "invoicing.Finding",
    "listing_id": "catalogue.Listing",
    "import_id": "catalogue.ImportRun",
    "run_id": "catalogue.ImportRun",
    "upload_id": "catalogue.Upload",
    "membership_id": "organisations.Membership",
    "token_id": "organisations.ApiToken",
    "link_id": "organisations.SupplierLink",
    "event_id": "audit.Event",
    "budget_id": "ledger.Budget",
    "file_id": "ledger.SentFile",
    "export_id": "invoicing.LedgerExport",
    "bundle_id": "desk.AuditBundle",
    "cost_centre_id": "ledger.CostCentre",
    "account_id": "ledger.Account",
    "period_id": "ledger.Period",
    "delivery_point_id": "ordering.DeliveryPoint",
    "delegation_id": "approvals.Delegation",
    "payment_run_id": "invoicing.PaymentRun",
    "payment_id": "invoicing.Payment",
    "supplier_account_id": "invoicing.SupplierAccount",
}
# Parameters that name nothing of a tenant's, with a value that exists.
PLAIN = {"code": "missing", "colour": "1d70b8", "supplier_id": None, "year": 2026}
PLAIN |= {"uidb36": "1", "key": "no-such-key", "place": 1}
# Rows that others may see by design: a council sees the listings of the suppliers it buys from,
# and where it is to pay them.
SHARED = {"catalogue.Listing", "invoicing.SupplierAccount"}


@dataclass(frozen=True)
class Address:
    """One route: its pattern, its view's policy and the names of its parameters."""

    route: str
    view: object
    words: tuple[str, ...]
    parameters: tuple[str, ...]

    @property
    def is_api(self) -> bool:
        """Whether programs rather than people come here."""
        return self.route.startswith("api/v1/")

    def path(self, values: dict[str, object]) -> str:
        """The address with its parameters filled in."""
        return "/" + re.sub(r"<(?:\w+:)?(\w+)>", lambda m: str(values[m.group(1)]), self.route)


def addresses() -> Iterator[Address]:
    """Every route of ours, from the resolver itself, so that none can be forgotten."""
    yield from _walk("", get_resolver().url_patterns)


def _walk(prefix: str, patterns: list[URLPattern | URLResolver]) -> Iterator[Address]:
    for each in patterns:
        route = prefix + str(each.pattern)
        if isinstance(each, URLResolver):
            yield from _walk(route, each.url_patterns)
        elif not is_third_party(each.callback):
            names = tuple(re.findall(r"<(?:\w+:)?(\w+)>", route))
            yield Address(route, each.callback, declared(each.callback) or (), names)


@dataclass
class Person:
    """Somebody who comes to an address, by session and by token."""

    membership: Membership | None
    client: Client
    bearer: str = ""

    @property
    def roles(self) -> frozenset[str]:
        """The words under which an address may let them in."""
        if self.membership is None:
            return frozenset({"public"})
        return frozenset({"public", "signed-in", *self.membership.roles})

    @property
    def organisation_id(self) -> object:
        """Whom they act for."""
        return self.membership.organisation_id if self.membership else None

    @property
    def kind(self) -> str:
        """What they act for: a council or a supplier; nothing for a stranger."""
        return self.membership.organisation.kind if self.membership else ""

    def __str__(self) -> str:
        if self.membership is None:
            return "a stranger"
        return f"{'+'.join(self.membership.roles)} of {self.membership.organisation.slug}"


@dataclass
class World:
    """People of every role in a council and a supplier, and rows that are theirs or not."""

    people: list[Person] = field(default_factory=list)

    @classmethod
    def of_the_demonstration(cls, *slugs: str) -> World:
        """Gather one person for each set of roles in these organisations, and a stranger.

        Without any named, in two councils and two suppliers.
        """
        world = cls([Person(None, Client(raise_request_exception=False))])
        with stewardship():
            everybody = Membership.objects.filter(is_active=True).select_related(
                "user", "organisation"
            )
            seen, organisations = set(), defaultdict(set)
            for membership in everybody.order_by("organisation__kind", "organisation__slug", "pk"):
                kind, slug = membership.organisation.kind, membership.organisation.slug
                mark = (slug, tuple(sorted(membership.roles)))
                if mark in seen or not _is_wanted(slug, slugs or organisations[kind], slugs):
                    continue
                seen.add(mark)
                organisations[kind].add(slug)
                client = sign_in(Client(raise_request_exception=False), membership)
                world.people.append(Person(membership, client, token_for(membership)))
        return world

    @cached_property
    def first_council_id(self) -> object:
        """The council whose people are asked everything."""
        return next(each.organisation_id for each in self.people if each.kind == Kind.COUNCIL)

    @cached_property
    def rows(self) -> dict[str, list[tuple[object, frozenset]]]:
        """For each kind of row, some keys with the organisations to which each belongs."""
        found = {}
        with stewardship():
            for label in set(ROWS.values()):
                model = apps.get_model(label)
                rows = model.objects.values_list("pk", *model.tenant_columns)
                owned = defaultdict(list)
                for pk, *sides in rows.iterator():
                    owners = frozenset(side for side in sides if side)
                    if len(owned[owners]) < 3:
                        owned[owners].append(pk)
                found[label] = [(pk, owners) for owners, pks in owned.items() for pk in pks]
        return found

    def values(self, address: Address, person: Person, *, own: bool) -> Iterator[dict[str, object]]:
        """Parameters that lead to the person's own rows, or to somebody else's."""
        choices = []
        for name in address.parameters:
            if name in PLAIN:
                choices.append([PLAIN[name] or self._some_supplier()])
                continue
            rows = self.rows[ROWS[name]]
            mine = [pk for pk, owners in rows if person.organisation_id in owners]
            others = [pk for pk, owners in rows if person.organisation_id not in owners]
            choices.append(mine[:1] if own else others[:: max(1, len(others) - 1)][:2])
        for combination in product(*choices):
            yield dict(zip(address.parameters, combination, strict=True))

    def _some_supplier(self) -> object:
        return next(
            p.organisation_id
            for p in self.people
            if p.membership and p.membership.organisation.kind == "SUPPLIER"
        )


def _is_wanted(slug: str, chosen: Collection[str], slugs: Collection[str]) -> bool:
    """Tell whether to gather an organisation's people: of those named, or of the first two."""
    return slug in chosen or (not slugs and len(chosen) < 2)


def token_for(membership: Membership, scopes: Collection[str] | None = None) -> str:
    """Keep a token, with every scope there is unless some are named, and return its secret."""
    secret = "mkt_" + secrets.token_urlsafe(32)
    now = timezone.now()
    ApiToken.objects.create(
        organisation_id=membership.organisation_id,
        membership=membership,
        name="of a test",
        scopes=sorted(_scopes() if scopes is None else scopes),
        hash=hashlib.sha256(secret.encode()).hexdigest(),
        hint=secret[:12],
        created_at=now,
        expires_at=now + timedelta(days=1),
    )
    return secret


def _scopes() -> set[str]:
    found = set()
    for address in addresses():
        scope = getattr(getattr(address.view, "view_class", None), "scope", None)
        found |= {scope} if isinstance(scope, str) else set((scope or {}).values())
    return found


def actor(person: Person) -> object:
    """The actor that somebody is."""
    return actor_of(person.membership)
