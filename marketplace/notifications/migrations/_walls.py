"""The walls around messages and what is attached to them."""

from marketplace.core.tenancy import row_level_security

WALLS = [
    row_level_security(
        "notifications_message", "organisation_id = acting_organisation()"
    ),
    row_level_security(
        "notifications_message_attachments",
        "message_id IN (SELECT id FROM notifications_message)",
    ),
]
