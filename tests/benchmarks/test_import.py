"""How fast a price list is taken in, beside the least that the database must do for it.

The floor copies the same rows, checked already, into a table with the same columns, constraints
and indexes, and does nothing else: no reading, no checking, no comparing, no trail. BENCH_ROWS
says how many rows (10,000 if not); figures are printed with -s.
"""

import io
import os
from statistics import median
from time import perf_counter

import psycopg
import pytest

from catalogue.imports.columns import read_header
from catalogue.imports.loading import OFFER_COLUMNS
from catalogue.imports.rules import Checker
from catalogue.imports.services.price_lists import import_catalogue
from catalogue.listings.rules import content_hash
from catalogue.search import benchmark
from marketplace.core.ids import uuid7
from marketplace.core.tenancy import tenant
from tests import servers
from tests.factories import organisations

ROWS = int(os.environ.get("BENCH_ROWS", "10000"))
ROUNDS = 5
LEAST_SHARE = 0.25  # of the floor's rows a second
LEAST_RATE = 2500  # rows a second; only a hint, since machines differ
COLUMNS = ("id", "supplier_id", *OFFER_COLUMNS, "content_hash", "currency", "status",
           "price_since", "version", "created_at", "changed_at")  # fmt: skip


@pytest.fixture
def price_list():
    chance = benchmark.random.Random(benchmark.SEED)
    return benchmark._price_list(ROWS, benchmark._words(chance), chance).getvalue()


@pytest.fixture
def floor(fresh_db):
    """A table like that of listings, walls apart, and the administrator's connection to it."""
    with psycopg.connect(servers.admin_url(fresh_db), autocommit=True) as connection:
        connection.execute("CREATE TABLE floor (LIKE catalogue_listing INCLUDING ALL)")
        yield connection


def ours(price_list, at):
    seller = organisations.actor(organisations.supplier(), "supplier")
    started = perf_counter()
    with tenant(seller.organisation_id):
        report = import_catalogue(
            supplier=seller, content=io.BytesIO(price_list), name="bench.csv", at=at, dry_run=False
        )
    spent = perf_counter() - started
    assert report.new_count == ROWS
    return ROWS / spent


def bare(connection, offers, at):
    supplier = uuid7()
    started = perf_counter()
    with (
        connection.transaction(),
        connection.cursor() as cursor,
        cursor.copy(f"COPY floor ({', '.join(COLUMNS)}) FROM STDIN") as copy,
    ):
        for offer, digest in offers:
            copy.write_row((uuid7(), supplier, *offer, digest, "GBP", "LIVE", at, 1, at, at))
    return ROWS / (perf_counter() - started)


def test_import_beside_its_floor(floor, price_list, at, django_db_blocker, capsys):
    lines = list(benchmark.csv.reader(io.StringIO(price_list.decode())))
    checker = Checker(read_header(lines[0]))
    offers = [checker.check(number, cells)[0] for number, cells in enumerate(lines[1:], 2)]
    offers = [(offer, content_hash(offer)) for offer in offers]
    rates, floors = [], []
    with django_db_blocker.unblock():
        for _round in range(ROUNDS):
            rates.append(ours(price_list, at))
            floors.append(bare(floor, offers, at))
    share = median(mine / least for mine, least in zip(rates, floors, strict=True))
    with capsys.disabled():
        print(
            f"\nimport of {ROWS:,} rows: ours {median(rates):,.0f} rows/s, floor"
            f" {median(floors):,.0f} rows/s, {share:.0%} of the floor (goal {LEAST_SHARE:.0%},"
            f" and {LEAST_RATE:,} rows/s)"
        )
    assert share >= LEAST_SHARE
