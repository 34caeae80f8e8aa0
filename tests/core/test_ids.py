"""Keys: time-ordered UUIDs."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor

from marketplace.core.ids import uuid7


def test_are_version_seven_of_the_standard_variant():
    key = uuid7()
    assert key.version == 7
    assert key.variant == "specified in RFC 4122"


def test_carry_the_instant_at_which_they_were_made():
    before = time.time_ns() // 1_000_000
    made_at = uuid7().int >> 80
    assert before <= made_at <= time.time_ns() // 1_000_000


def test_sort_in_the_order_in_which_they_were_made():
    keys = [uuid7() for _ in range(20_000)]
    assert keys == sorted(keys)
    assert [str(key) for key in keys] == sorted(map(str, keys))


def test_are_never_the_same_in_threads_at_once():
    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(lambda _: [uuid7() for _ in range(2_000)], range(8)))
    assert len({key for keys in made for key in keys}) == 16_000
