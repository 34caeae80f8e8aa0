"""Status tags and audit verbs in plain words."""

from __future__ import annotations

from django.utils.translation import gettext as _

# One meaning a colour, whatever the noun: grey is not begun or over, light blue (the default) is
# on its way, yellow waits for somebody, green is well, red is not. Colour never says it alone: the
# tag's words do.
COLOURS: dict[str, str] = {
    **dict.fromkeys(
        ["DRAFT", "WITHDRAWN", "CANCELLED", "CLOSED", "EXPIRED", "SUPERSEDED", "ARCHIVED"], "grey"
    ),
    **dict.fromkeys(
        [
            "SUBMITTED", "PENDING", "AWAITING", "WAITING", "WAITS", "HELD", "ON_HOLD", "QUERIED",
            "DUE",
        ],
        "yellow",
    ),
    **dict.fromkeys(
        [
            "APPROVED", "ACCEPTED", "ACTIVE", "PAID", "RECEIVED", "COMPLETE", "COMPLETED",
            "DELIVERED", "MATCHED", "PUBLISHED", "CLEAN", "AWARDED", "SETTLED", "ACKNOWLEDGED",
            "ORDERED", "LIVE",
        ],
        "green",
    ),
    **dict.fromkeys(
        ["REJECTED", "REFUSED", "DECLINED", "FAILED", "SUSPENDED", "OVERDUE", "DISPUTED"], "red"
    ),
    "PARTLY_REFUSED": "orange",
    **dict.fromkeys(["PART_RECEIVED", "PARTLY_RECEIVED", "PART_PAID"], "teal"),
}  # fmt: skip


def tag_classes(status: str) -> str:
    """Return the GOV.UK tag class for a status, none for one that is simply on its way."""
    colour = COLOURS.get(str(status).upper())
    return f"govuk-tag--{colour}" if colour else ""


def plain_verb(verb: str) -> str:
    """Return an audit verb as words.

    >>> plain_verb("requisition.line-changed")
    'Requisition line changed'
    """
    return _(verb.replace(".", " ").replace("-", " ").replace("_", " ").capitalize())
