"""Servers that are not ours: PostgreSQL 15 or later and RabbitMQ, where this machine has them."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest

from marketplace.config.database import OWNER, WEB, WORKER, prepare
from marketplace.embedded.environment import in_role
from tests.resilience.kit import Installation
from tests.templates import drop, on_database

ROOT = Path(__file__).resolve().parents[2]
DATABASE_URL = os.environ.get(
    "DATABASE_URL_SERVICES", "postgresql://postgres@127.0.0.1:5432/postgres"
)
BROKER_URL = os.environ.get("BROKER_URL_SERVICES", "amqp://guest:guest@127.0.0.1:5672//")
QUEUE = "marketplace"


@pytest.fixture(scope="session")
def own_urls() -> Iterator[dict[str, str]]:
    """The addresses of a database with every table on a server of one's own, one for each role."""
    try:
        psycopg.connect(DATABASE_URL, connect_timeout=3).close()
    except psycopg.OperationalError as error:
        pytest.skip(
            f"No PostgreSQL lets us in at {urlsplit(DATABASE_URL).hostname}: {error}."
            " Name one with DATABASE_URL_SERVICES, as somebody who may create roles."
        )
    name = f"marketplace_test_{os.getpid()}"
    ours = on_database(DATABASE_URL, name)
    roles = {"OWNER": OWNER, "WEB": WEB, "WORKER": WORKER}
    urls = {f"DATABASE_{part}_URL": in_role(ours, role) for part, role in roles.items()}
    try:
        prepare(DATABASE_URL, database=name)
        subprocess.run(
            [sys.executable, "-m", "django", "migrate", "--verbosity", "0", "--skip-checks"],
            cwd=ROOT, env=os.environ | urls | {"DATABASE_ROLE": "owner"}, check=True,
        )  # fmt: skip
        yield {**urls, "DATABASE_ADMIN_URL": ours}
    finally:
        drop(DATABASE_URL, name)


@pytest.fixture
def own_database(own_urls, tmp_path, django_db_blocker) -> Iterator[Installation]:
    """Django here on that database."""
    made = Installation(tmp_path, urls=own_urls | {"BROKER_URL": "memory://"})
    with django_db_blocker.unblock(), made.connected():
        yield made


@pytest.fixture
def own_broker() -> Iterator[str]:
    """The address of RabbitMQ, with nothing of ours in it before and after."""
    kombu = pytest.importorskip("kombu")
    connection = kombu.Connection(BROKER_URL, connect_timeout=3)
    try:
        connection.ensure_connection(max_retries=1, timeout=3)
    except OSError as error:
        pytest.skip(
            f"No RabbitMQ lets us in at {urlsplit(BROKER_URL).hostname}: {error}."
            " Name one with BROKER_URL_SERVICES."
        )
    connection.default_channel.queue_delete(QUEUE)
    yield BROKER_URL
    connection.default_channel.queue_delete(QUEUE)
    connection.release()


@pytest.fixture
def own_installation(own_urls, own_broker, tmp_path, django_db_blocker) -> Iterator[Installation]:
    """The product's processes on both, and Django here on the database."""
    urls = own_urls | {"BROKER_URL": own_broker}
    with (
        Installation.begun(tmp_path, urls=urls, include=("tests.jobs.deeds",)) as made,
        django_db_blocker.unblock(),
        made.connected(),
    ):
        yield made
