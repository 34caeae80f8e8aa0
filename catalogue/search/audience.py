"""Who may search the catalogue."""

READERS = (
    "requester", "buyer", "approver", "receiver", "finance", "payments", "auditor",
    "administrator",
)  # fmt: skip
