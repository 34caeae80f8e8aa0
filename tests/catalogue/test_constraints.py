"""What the database refuses, whoever goes round the services."""

from datetime import timedelta

import psycopg
import pytest
from django.db import IntegrityError, connection, transaction

from catalogue.models import CategoryCount, ImportRun, Listing, PastPrice
from marketplace.core.tenancy import stewardship
from tests import servers
from tests.factories import catalogue as make
from tests.factories import organisations

pytestmark = pytest.mark.django_db


@pytest.fixture
def listing():
    return make.listing(organisations.supplier(), part_number="A1")


def refuses(name, change):
    with stewardship(), pytest.raises(IntegrityError, match=name), transaction.atomic():
        change()


@pytest.mark.parametrize(
    ("name", "changes"),
    [
        ("listing_status_known", {"status": "HIDDEN"}),
        ("listing_price_positive", {"unit_price": 0}),
        ("listing_price_positive", {"unit_price": -1}),
        ("listing_in_pounds", {"currency": "EUR"}),
        ("listing_vat_known", {"vat_category": "low"}),
        ("listing_minimum_positive", {"minimum_quantity": 0}),
        ("listing_pack_positive", {"pack_size": 0}),
        ("listing_named", {"name": ""}),
        ("listing_named", {"part_number": ""}),
        ("listing_in_order", {"changed_at": make.LONG_AGO - timedelta(days=1)}),
    ],
)
def test_a_listing_makes_sense(listing, name, changes):
    refuses(name, lambda: Listing.objects.filter(pk=listing.pk).update(**changes))


def test_a_part_number_is_one_listing_of_a_supplier(listing):
    other = make.listing(listing.supplier)
    refuses(
        "listing_part_number_once",
        lambda: Listing.objects.filter(pk=other.pk).update(part_number="A1"),
    )


@pytest.fixture
def admin(db):
    """A connection of the server's administrator, for tables that the application only reads."""
    with psycopg.connect(servers.admin_url(str(connection.settings_dict["NAME"]))) as own:
        yield own
        own.rollback()


@pytest.mark.parametrize("code", ["3019764x", "3019764", ""])
def test_a_category_has_eight_digits(admin, code):
    with pytest.raises(psycopg.errors.CheckViolation, match='"category_code_eight_digits"'):
        admin.execute(
            "INSERT INTO catalogue_category (code, check_digit, name) VALUES (%s, '1', '?')", [code]
        )


def test_a_category_is_counted_once_a_supplier(listing):
    pair = {"supplier": listing.supplier, "category_id": listing.category_id, "live_count": 1}
    with stewardship():
        CategoryCount.objects.create(**pair)
    refuses("categorycount_one_a_pair", lambda: CategoryCount.objects.create(**pair))


class TestPastPrice:
    def keep(self, listing, first, last, price=1):
        with stewardship():
            return PastPrice.objects.create(
                supplier=listing.supplier,
                listing=listing,
                unit_price=price,
                valid_from=make.LONG_AGO + timedelta(days=first),
                valid_until=make.LONG_AGO + timedelta(days=last),
            )

    def test_prices_follow_one_another(self, listing):
        self.keep(listing, 0, 5)
        self.keep(listing, 5, 9)
        self.keep(make.listing(listing.supplier), 0, 9)

    def test_two_are_never_in_force_at_once(self, listing):
        self.keep(listing, 0, 5)
        refuses("pastprice_one_at_a_time", lambda: self.keep(listing, 4, 9))

    def test_a_price_is_above_nought(self, listing):
        refuses("pastprice_positive", lambda: self.keep(listing, 0, 5, price=0))

    @pytest.mark.parametrize(("first", "last"), [(5, 5), (5, 4)])
    def test_a_price_begins_before_it_ends(self, listing, first, last):
        refuses("pastprice_in_order", lambda: self.keep(listing, first, last))


@pytest.mark.parametrize(
    ("name", "facts"),
    [
        ("importrun_dry_or_done", {"verdict": "MAYBE"}),
        ("importrun_refused_has_problems", {"verdict": "REFUSED", "problem_count": 0}),
        ("importrun_left_out_when_asked", {"verdict": "DONE", "problem_count": 1}),
        ("importrun_left_out_when_asked", {"rows_count": 9, "wrong_rows_count": 1}),
        (
            "importrun_left_out_not_most",
            {"good_rows": True, "problem_count": 2, "rows_count": 3, "wrong_rows_count": 2},
        ),
        ("importrun_dry_or_done", {"verdict": "DONE", "dry_run": True}),
        ("importrun_dry_or_done", {"verdict": "CHECKED", "dry_run": False}),
    ],
)
def test_a_verdict_fits_its_run(name, facts):
    chosen = {
        "supplier": organisations.supplier(),
        "name": "x",
        "sha256": "",
        "size_bytes": 1,
        "encoding": "utf-8",
        "dry_run": False,
        "verdict": "DONE",
        "rows_count": 1,
        "started_at": make.LONG_AGO,
        "started_by_name": "x",
        **facts,
    }
    refuses(name, lambda: ImportRun.objects.create(**chosen))


def test_a_verdict_is_one_that_is_known_on_its_own_account(admin):
    """In the table itself another rule is broken with it, and the database names that one."""
    admin.execute(
        "CREATE TEMPORARY TABLE importrun"
        " (LIKE catalogue_importrun INCLUDING CONSTRAINTS EXCLUDING INDEXES)"
    )
    rest = admin.execute(
        "SELECT conname FROM pg_constraint WHERE conrelid = 'importrun'::regclass"
        " AND conname <> 'importrun_verdict_known'"
    ).fetchall()
    admin.execute("ALTER TABLE importrun " + ", ".join(f"DROP CONSTRAINT {n}" for (n,) in rest))
    admin.execute("INSERT INTO importrun (verdict) VALUES ('DONE')")
    with pytest.raises(psycopg.errors.CheckViolation, match='"importrun_verdict_known"'):
        admin.execute("INSERT INTO importrun (verdict) VALUES ('MAYBE')")
