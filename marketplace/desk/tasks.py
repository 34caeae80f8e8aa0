"""What the worker does for pages that look across packages."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from marketplace.desk.bundles.services import give_up_bundle, make_bundle
from marketplace.jobs.registry import job


def give_up_asked(*, council_id: str, bundle_id: str, at: datetime) -> None:
    """Tell the auditor that nothing comes of it."""
    give_up_bundle(council_id=UUID(council_id), bundle_id=UUID(bundle_id), at=at)


# It reads for long in a transaction that writes nothing, and keeps what came of it in another. Two
# workers that died of it had everybody's work too, so there is no third.
@job("desk.make_bundle", external=True, most_deaths=2, given_up=give_up_asked)
def make_asked_bundle(*, council_id: str, bundle_id: str, at: datetime) -> None:
    """Make an auditor's bundle."""
    make_bundle(council_id=UUID(council_id), bundle_id=UUID(bundle_id), at=at)
