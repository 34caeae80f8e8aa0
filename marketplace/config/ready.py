"""Make the database and the static files ready to serve, in one process because Django is slow.

python -m marketplace.config.ready
"""

import hashlib
import os
from collections.abc import Iterable
from pathlib import Path

import django
from django.apps import apps
from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command
from django.db import connection

from marketplace.config.databases import database_from_url
from marketplace.web.assets import build_assets

# Pages of others that are never shown: half of what there would be to compress.
UNUSED = ["redoc", "rest_framework"]
# Any number that nothing else locks by; the lock goes with the connection.
MIGRATING = 727_001


def main() -> None:
    """Build the assets, migrate, collect the static files and make the demo, as far as needed."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "marketplace.config.settings")
    state = Path(settings.STATE_DIR)
    build_assets_if_changed(settings.ROOT / "node_modules", state / "assets")
    django.setup()
    with connection.cursor() as cursor:
        # Two commands may find the same new database; the second waits and has nothing to do.
        cursor.execute("SELECT pg_advisory_lock(%s)", [MIGRATING])
    call_command("migrate", verbosity=0, interactive=False)
    collect_static_if_changed(state)
    if settings.DEMO and not apps.get_model("organisations", "Organisation").objects.exists():
        become_worker()
        call_command("demo")


def become_worker() -> None:
    """Go on as the application's own login, behind the same walls as everybody's work."""
    connection.close()
    connection.settings_dict.update(
        database_from_url(os.environ["DATABASE_WORKER_URL"], pooled=False)
    )


def build_assets_if_changed(node_modules: Path, assets: Path) -> None:
    """Take what is served out of the npm packages, when they are newer than what was taken."""
    lock = node_modules / ".package-lock.json"
    mark = assets / "made-from"
    now = _fingerprint([lock, Path(__file__).parent.parent / "web" / "assets.py"])
    if _changed(mark, now):
        build_assets(node_modules, assets / "govuk")
        mark.write_text(now)


def collect_static_if_changed(state: Path) -> None:
    """Collect the static files, when any of them changed since the last time."""
    mark = state / "static" / "made-from"
    files = (
        Path(storage.path(name)) for finder in get_finders() for name, storage in finder.list([])
    )
    now = _fingerprint(files)
    if _changed(mark, now):
        call_command(
            "collectstatic", verbosity=0, interactive=False, clear=True, ignore_patterns=UNUSED
        )
        mark.write_text(now)


def _changed(mark: Path, now: str) -> bool:
    return not mark.exists() or mark.read_text() != now


def _fingerprint(files: Iterable[Path]) -> str:
    found = [f"{path}:{path.stat().st_mtime_ns}:{path.stat().st_size}" for path in files]
    return hashlib.sha256("\n".join(sorted(found)).encode()).hexdigest()


if __name__ == "__main__":
    main()
