"""Two administrators who remove one another at the same instant; and the control without a lock."""

import threading

import pytest
from django.db import connection
from django.utils import timezone

from marketplace.core.actors import Role
from marketplace.core.errors import Refusal
from marketplace.core.models import TenantQuerySet
from marketplace.core.tenancy import stewardship, tenant
from marketplace.organisations.selectors.people import actor_of, live_keepers
from marketplace.organisations.services import people
from tests.factories.organisations import council, person


def remove_one_another():
    """Let two administrators remove one another at once; return how many are left."""
    home = council()
    pair = [person(home, Role.ADMINISTRATOR) for _ in range(2)]
    gate = threading.Barrier(2)
    problems = []

    def remove(keeper, other):
        try:
            with tenant(home.pk, keeper.user_id):
                gate.wait(timeout=20)
                people.deactivate_person(
                    keeper=actor_of(keeper),
                    membership_id=other.pk,
                    version=1,
                    at=timezone.now(),
                )
        except Refusal:
            pass
        except Exception as error:  # noqa: BLE001  # told to the main thread
            problems.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=remove, args=way) for way in (pair, pair[::-1])]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert problems == []
    with stewardship():
        return live_keepers(home.pk, Role.ADMINISTRATOR).count()


@pytest.mark.usefixtures("fresh_db")
class TestLastAdministrator:
    def test_one_is_always_left(self):
        assert [remove_one_another() for _ in range(5)] == [1] * 5

    def test_the_race_is_real_without_the_lock(self, monkeypatch):
        """Negative control: without the lock both go, so the test above means something."""
        both_have_checked = threading.Barrier(2)
        checked = people._check_keeper_left

        def check_then_wait(keeper, leaving):
            checked(keeper, leaving)
            both_have_checked.wait(timeout=20)

        monkeypatch.setattr(people, "_check_keeper_left", check_then_wait)
        monkeypatch.setattr(TenantQuerySet, "lock_all", lambda self, pks: [])
        assert remove_one_another() == 0
