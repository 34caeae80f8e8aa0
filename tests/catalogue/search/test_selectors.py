"""Finding what a council may buy."""

from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from catalogue.search import rules, selectors
from catalogue.search.rules import Sort, Wish
from catalogue.search.selectors import category_trail, divisions_buyable, search_listings
from marketplace.core.tenancy import tenant
from tests.factories import catalogue as make
from tests.factories import organisations

pytestmark = pytest.mark.django_db

GOODS = [
    {"part_number": "CH-100/B", "name": "Blue office chair", "unit_price": "80",
     "gtin": "5012345678900"},
    {"part_number": "CH-200", "name": "Oak stool", "unit_price": "40", "keywords": "seat chair"},
    {"part_number": "PN-1", "name": "Ball pens, black", "category": "30192121", "unit_price": "2"},
    {"part_number": "PC-1", "name": "Pencils", "category": "30192130", "unit_price": "1"},
    {"part_number": "PP-1", "name": "Photocopier paper A4", "category": "30197643",
     "unit_price": "15", "brand": "Navigator", "description": "Five reams of purée white"},
]  # fmt: skip


@pytest.fixture
def council():
    return organisations.council()


@pytest.fixture
def shops(council):
    """A local small supplier with goods, and a large one far away with a chair."""
    near = organisations.supplier(name="Near", is_sme=True)
    far = organisations.supplier(name="Far")
    organisations.link(council, near, is_local=True)
    organisations.link(council, far)
    make.load(organisations.actor(near, "supplier"), [make.row(**each) for each in GOODS])
    chair = {"part_number": "F-1", "name": "Cheap chair", "unit_price": "20"}
    make.load(organisations.actor(far, "supplier"), [make.row(**chair)])
    return near, far


@pytest.fixture
def search(council, shops):
    def ask(text="", **wish):
        with tenant(council.pk):
            return search_listings(council.pk, Wish(text=text, **wish))

    return ask


def names(results):
    return [listing.name for listing in results.listings]


class TestDivisions:
    def test_counts_what_the_council_may_buy_by_division_and_group(self, council, shops):
        stranger = organisations.supplier()
        make.load(organisations.actor(stranger, "supplier"), [make.row(category="03111000")])
        with tenant(council.pk), CaptureQueriesContext(connection) as asked:
            found = divisions_buyable(council.pk)
        assert len(asked) == 1
        assert [(each.whole.value, each.whole.count) for each in found] == [
            ("39000000", 3), ("30000000", 3),
        ]  # fmt: skip
        assert [[(g.value, g.count) for g in each.groups] for each in found] == [
            [("39100000", 3)], [("30100000", 3)],
        ]  # fmt: skip

    def test_anothers_council_has_none(self, council, shops):
        with tenant(organisations.council().pk):
            assert divisions_buyable(council.pk) == []

    def test_what_is_withdrawn_does_not_count(self, council, shops):
        for shop in shops:
            seller = organisations.actor(shop, "supplier")
            make.load(seller, [make.row(category="03111000")], withdraw_missing=True)
        with tenant(council.pk):
            (found,) = divisions_buyable(council.pk)
        assert (found.whole.value, found.whole.count) == ("03000000", 2)


class TestWords:
    @pytest.mark.parametrize(
        ("text", "found"),
        [
            ("chair", {"Blue office chair", "Oak stool", "Cheap chair"}),
            ("chairs", {"Blue office chair", "Oak stool", "Cheap chair"}),
            ("blue chair", {"Blue office chair"}),
            ('"office chair"', {"Blue office chair"}),
            ("chair -blue -cheap", {"Oak stool"}),
            ("stool or pencil", {"Oak stool", "Pencils"}),
            ("navigator", {"Photocopier paper A4"}),
            ("puree", {"Photocopier paper A4"}),
            ("purée", {"Photocopier paper A4"}),
            ("PHOTOCOP", {"Photocopier paper A4"}),
            ("pen", {"Ball pens, black"}),
            ("zebra", set()),
            ("the", set()),
            ("&&& |", set()),
        ],
    )
    def test_finds(self, search, text, found):
        results = search(text)
        assert set(names(results)) == found
        assert (results.total, results.repaired) == (len(found), "")

    @pytest.mark.parametrize(
        "text", ["CH-100/B", "ch100b", "ch 100", "CH-100", "5012345678900", "50123456"]
    )
    def test_finds_a_number_however_it_is_written(self, search, text):
        assert names(search(text)) == ["Blue office chair"]

    @pytest.mark.parametrize("text", ["white", "st albans", "st.albans", "3.5mm", "<2", "jack"])
    def test_signs_between_words_only_part_them(self, council, search, text):
        shop = organisations.supplier()
        organisations.link(council, shop)
        name = "St.Albans lead black/white 3.5mm <2 m <jack>"
        make.load(organisations.actor(shop, "supplier"), [make.row(name=name)])
        assert name in names(search(text))

    def test_a_name_counts_more_than_a_keyword(self, search):
        assert names(search("chair"))[-1] == "Oak stool"


class TestMisspelling:
    @pytest.mark.parametrize(
        ("text", "repaired"),
        [
            ("chiar", "chair"), ("chairr", "chair"), ("blue chir", "blue chair"),
            ("penciils", "pencils"), ("fotocopier", "photocopier"), ("Bleu OFFICE", "blue OFFICE"),
        ],
    )  # fmt: skip
    def test_is_forgiven_and_said(self, search, text, repaired):
        results = search(text)
        assert results.repaired == repaired
        assert results.total > 0

    @pytest.mark.parametrize("text", ["chr", '"offise chair"', "ch-100/c", "zzzzzzz"])
    def test_is_not_guessed_at(self, search, text):
        assert (search(text).total, search(text).repaired) == (0, "")

    def test_a_word_that_this_council_cannot_find_is_not_offered(self, search):
        other = organisations.supplier()
        make.load(organisations.actor(other, "supplier"), [make.row(name="Secretary trumpet")])
        assert search("trumpte").repaired == ""

    @pytest.mark.parametrize("link", [None, "SUSPENDED"])
    @pytest.mark.parametrize(
        ("text", "repaired"),
        [("chiar", "chair"), ("blue offce", "blue office"), ("fotocopier", "photocopier")],
    )
    def test_is_forgiven_whatever_others_write(self, council, search, link, text, repaired):
        """One supplier's spelling is not that of a council which does not buy from it."""
        other = organisations.supplier()
        if link:
            organisations.link(council, other, status=link)
        rows = [make.row(name=f"chiar offce fotocopier fotocopiers chairy {i}") for i in range(9)]
        make.load(organisations.actor(other, "supplier"), rows)
        assert search(text).repaired == repaired
        assert search(text).total > 0

    def test_words_are_completed_whatever_others_write(self, search):
        other = organisations.supplier()
        make.load(organisations.actor(other, "supplier"), [make.row(name="photocop penci")])
        assert names(search("photocop")) == ["Photocopier paper A4"]

    def test_is_forgiven_beside_a_suppliers_own_misspelling(self, council, search):
        shop = organisations.supplier()
        organisations.link(council, shop)
        rows = [make.row(name=f"Lamp {i}") for i in range(selectors.FAR_MORE)]
        make.load(
            organisations.actor(shop, "supplier"),
            [*rows, make.row(name="Lapm"), make.row(name="Lamp, brass")],
        )
        assert search("lapm brass").repaired == "lamp brass"
        assert search("lapm").total == 1

    def test_a_word_like_with_is_no_misspelling(self, council, search):
        shop = organisations.supplier()
        organisations.link(council, shop)
        make.load(organisations.actor(shop, "supplier"), [make.row(name="Form, width 3")])
        assert search("chiar from").repaired == "chair from"


class TestFilters:
    def test_by_category_and_everything_below_it(self, search):
        assert set(names(search(category="30190000"))) == {
            "Ball pens, black", "Pencils", "Photocopier paper A4",
        }  # fmt: skip
        assert names(search("pen", category="39000000")) == []

    def test_by_supplier_local_and_small(self, search, shops):
        near, far = shops
        assert names(search("chair", supplier_id=far.pk)) == ["Cheap chair"]
        for wish in ({"local_only": True}, {"sme_only": True}, {"supplier_id": near.pk}):
            assert "Cheap chair" not in names(search("chair", **wish))
        assert names(search(supplier_id=far.pk, local_only=True)) == []

    @pytest.mark.parametrize("text", ["chair", ""])
    def test_by_price(self, search, text):
        results = search(text, price_from=Decimal(20), price_to=Decimal(40))
        assert set(names(results)) == {"Oak stool", "Cheap chair"}
        assert results.total == 2


class TestOrderAndFacets:
    @pytest.mark.parametrize("text", ["chair", ""])
    def test_sorts(self, search, text):
        prices = [each.unit_price for each in search(text, sort=Sort.PRICE).listings]
        assert prices == sorted(prices)
        assert [each.unit_price for each in search(text, sort=Sort.PRICE_DOWN).listings] == (
            prices[::-1]
        )
        found = names(search(text, sort=Sort.NAME))
        assert found == sorted(found, key=str.casefold)

    @pytest.mark.parametrize("wish", [{}, {"price_from": Decimal("0.01")}])
    def test_counts_what_each_filter_would_leave(self, search, shops, wish):
        near, far = shops
        results = search(**wish)
        assert [(each.value, each.count) for each in results.suppliers] == [
            (str(near.pk), 5), (str(far.pk), 1),
        ]  # fmt: skip
        assert [(each.value, each.count) for each in results.categories] == [
            ("39000000", 3), ("30000000", 3),
        ]  # fmt: skip
        assert results.total == 6

    def test_a_chosen_category_is_told_apart_one_step_below(self, search):
        found = search("pen or pencil or paper", category="30190000").categories
        assert {(each.value, each.count) for each in found} == {
            ("30192000", 2), ("30197000", 1),
        }  # fmt: skip
        assert {(each.value, each.count) for each in search(category="30190000").categories} == {
            ("30192000", 2), ("30197000", 1),
        }  # fmt: skip

    def test_the_way_down_to_a_category(self):
        assert [each.value for each in category_trail("30197643")] == [
            "30000000", "30100000", "30190000", "30197000", "30197600", "30197640", "30197643",
        ]  # fmt: skip
        assert [each.value for each in category_trail("30000000")] == ["30000000"]

    def test_knows_who_is_local(self, search, shops):
        assert search().local_supplier_ids == {shops[0].pk}


class TestPages:
    @pytest.mark.parametrize("text", ["widget", ""])
    @pytest.mark.parametrize("sort", list(Sort))
    def test_every_result_stands_on_one_page(self, council, text, sort):
        shop = organisations.supplier()
        organisations.link(council, shop)
        rows = [make.row(part_number=f"W{i:03d}", name=f"Widget {i % 7}") for i in range(45)]
        make.load(organisations.actor(shop, "supplier"), rows)
        found = []
        with tenant(council.pk):
            for page in (1, 2, 3, 4):
                results = search_listings(council.pk, Wish(text=text, sort=sort, page=page))
                assert (results.total, results.pages) == (45, 3)
                found += [each.part_number for each in results.listings]
        assert sorted(found) == [f"W{i:03d}" for i in range(45)]

    def test_says_when_there_are_more_than_it_ranks(self, search, monkeypatch):
        monkeypatch.setattr(selectors, "MOST_CANDIDATES", 2)
        monkeypatch.setattr(rules, "MOST_CANDIDATES", 2)
        results = search_two = search("chair")
        assert (results.total, results.capped, results.pages) == (3, True, 1)
        assert search_two.listings


class TestEntitlement:
    def test_a_suspended_supplier_is_not_found(self, council):
        shop = organisations.supplier()
        organisations.link(council, shop, status="SUSPENDED")
        make.load(organisations.actor(shop, "supplier"), [make.row(name="Chair")])
        for wish in (Wish(text="chair"), Wish(), Wish(supplier_id=shop.pk)):
            with tenant(council.pk):
                results = search_listings(council.pk, wish)
            assert (results.total, results.listings, results.suppliers) == (0, (), ())

    def test_two_councils_find_their_own(self, council, shops):
        other = organisations.council()
        organisations.link(other, shops[1])
        with tenant(other.pk):
            assert names(search_listings(other.pk, Wish(text="chair"))) == ["Cheap chair"]
            assert names(search_listings(other.pk, Wish())) == ["Cheap chair"]

    def test_a_withdrawn_listing_is_gone(self, council, shops, search):
        make.load(
            organisations.actor(shops[1], "supplier"),
            [make.row(part_number="F-2", name="Table")],
            withdraw_missing=True,
        )
        assert "Cheap chair" not in names(search("chair"))
        assert search().total == 6


@pytest.mark.parametrize(("text", "most"), [("chair", 1), ("CH-100", 1), ("", 1), ("chiar", 5)])
def test_a_search_costs_few_statements(council, shops, text, most):
    with tenant(council.pk), CaptureQueriesContext(connection) as queries:
        search_listings(council.pk, Wish(text=text))
    assert len(queries) <= most
