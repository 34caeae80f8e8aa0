"""A price list that is being read when its worker is killed is read all the same, once."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.utils import timezone

from catalogue.imports.services.uploads import confirm_price_list, send_price_list
from catalogue.models import ImportRun, Listing, Upload, UploadProgress
from marketplace.core.actors import Actor
from marketplace.core.tenancy import stewardship, tenant
from tests.factories import catalogue, organisations
from tests.resilience.invariants import every_chain_is_whole, jobs_owed, no_job_is_stuck
from tests.resilience.kit import Installation, broken, settled

ROWS = 30_000


@pytest.fixture
def installation(tmp_path, django_db_blocker) -> Iterator[Installation]:
    with (
        Installation.begun(tmp_path) as made,
        django_db_blocker.unblock(),
        made.connected(),
    ):
        yield made


def is_under_way(upload: Upload) -> bool:
    """Tell whether the worker has read some of a file, and not all."""
    with stewardship():
        return 0 < UploadProgress.objects.get(pk=upload.pk).percent < 90


def has_ended(upload: Upload) -> bool:
    with stewardship():
        upload.refresh_from_db()
    return upload.status == "DONE"


def killed_in_the_midst(installation: Installation, upload: Upload) -> None:
    assert settled(lambda: is_under_way(upload), seconds=60, pause=0.01), installation.log("worker")
    installation.kill("worker")
    assert not has_ended(upload)
    installation.revive("worker")
    assert settled(lambda: has_ended(upload), seconds=120), installation.log("worker")


def test_the_worker_dies_while_it_tries_and_while_it_takes_in(installation):
    seller: Actor = organisations.actor(organisations.supplier(), "supplier")
    rows = (catalogue.row(part_number=f"K-{number:06d}") for number in range(ROWS))
    content = catalogue.price_list(rows).getvalue()
    installation.start("worker", "beat")
    with tenant(seller.organisation_id):
        tried = send_price_list(
            supplier=seller, content=content, name="long.csv", at=timezone.now()
        )
    killed_in_the_midst(installation, tried)
    with tenant(seller.organisation_id):
        taken = confirm_price_list(supplier=seller, run_id=tried.run_id, at=timezone.now())
    killed_in_the_midst(installation, taken)
    with stewardship():
        verdicts = list(ImportRun.objects.order_by("id").values_list("verdict", "rows_count"))
        assert verdicts == [("CHECKED", ROWS), ("DONE", ROWS)]
        assert Listing.objects.count() == ROWS
    assert settled(lambda: jobs_owed() == 0, seconds=60), installation.log("worker")
    assert broken(no_job_is_stuck, every_chain_is_whole) == []
