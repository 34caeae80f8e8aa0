"""The oldest PostgreSQL that we promise to run on, on a server that is not ours."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest
from django.db import connection
from django.utils import timezone

from marketplace.audit.selectors import chain_verdict
from marketplace.audit.services import record
from marketplace.core.tenancy import stewardship, tenant
from marketplace.documents.models import Document
from marketplace.documents.services import store_document
from marketplace.jobs.models import Job
from marketplace.jobs.services import run_due_jobs, wake
from marketplace.notifications.models import Message
from marketplace.notifications.services import notify
from tests.architecture.test_walls import OPEN
from tests.factories import organisations as make

pytestmark = pytest.mark.services
ROOT = Path(__file__).resolve().parents[2]


def test_is_fifteen_or_later(own_database):
    with connection.cursor() as cursor:
        cursor.execute("SHOW server_version_num")
        assert int(cursor.fetchone()[0]) >= 150_000


def test_every_migration_was_applied(own_urls):
    done = subprocess.run(
        [sys.executable, "-m", "django", "migrate", "--check", "--skip-checks"],
        cwd=ROOT, env=os.environ | own_urls | {"DATABASE_ROLE": "owner"}, check=False,
        capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr


def test_every_table_is_walled_or_listed(own_urls):
    with psycopg.connect(own_urls["DATABASE_ADMIN_URL"]) as admin:
        bare = admin.execute(
            "SELECT relname FROM pg_class c WHERE relkind IN ('r', 'p')"
            " AND relnamespace = 'public'::regnamespace AND NOT (relrowsecurity"
            " AND relforcerowsecurity"
            " AND EXISTS (SELECT FROM pg_policy p WHERE p.polrelid = c.oid))"
        ).fetchall()
    assert {name for (name,) in bare} - OPEN.keys() == set()


def test_each_tenant_sees_its_own_and_nobody_nothing(own_database):
    councils = make.council(), make.council()
    for council in councils:
        with tenant(council.pk):
            store_document(
                organisation_id=council.pk, name="own.txt", media_type="text/plain",
                content=council.slug.encode(), at=timezone.now(),
            )  # fmt: skip
    assert Document.objects.count() == 0
    for council in councils:
        with tenant(council.pk):
            assert [bytes(each.content) for each in Document.objects.all()] == [
                council.slug.encode()
            ]


@pytest.mark.parametrize("role", ["WEB", "WORKER"])
def test_the_applications_roles_are_nobodys_superuser(own_urls, role):
    with psycopg.connect(own_urls[f"DATABASE_{role}_URL"], autocommit=True) as connected:
        assert connected.execute("SELECT current_user").fetchone() == (
            f"marketplace_{role.lower()}",
        )
        assert connected.execute("SELECT count(*) FROM documents_document").fetchone() == (0,)
        for statement in ("TRUNCATE audit_event", "DELETE FROM audit_event", "CREATE TABLE x ()"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connected.execute(statement)


def test_the_trail_is_chained_by_this_server_too(own_database):
    council = make.council()
    with tenant(council.pk):
        for number in range(20):
            record(
                "supplier.renamed", council, actor=None, at=timezone.now(),
                organisation_id=council.pk, note=f"Llŷn {number}", after={"n": number},
            )  # fmt: skip
        assert chain_verdict(council.pk).breaks == ()
        assert chain_verdict(council.pk).events == 20


def test_jobs_and_mail_go_their_way(own_database):
    council = make.council()
    with tenant(council.pk):
        for _ in range(2):
            notify(
                organisation_id=council.pk, to="ada@example.com", subject="S", body="B", key="k",
                at=timezone.now(),
            )  # fmt: skip
    assert run_due_jobs(at=timezone.now()) == 1
    with tenant(council.pk):
        assert Message.objects.get().sent_at is not None
    with pytest.raises(LookupError):
        wake("misspelt.name", key="x")
    with stewardship():
        assert set(Job.objects.values_list("status", flat=True)) == {"DONE"}
