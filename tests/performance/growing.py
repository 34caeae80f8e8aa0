"""Makes the rows of the demonstration many, in SQL, so that a test can ask what that costs.

Every document is copied with its lines, and every document gets more lines. Copies are told apart
by a salt: the same key and salt always give the same new key, so that a copied line belongs to the
copied document. Triggers are off meanwhile, since copies of a trail cannot hold as a chain.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import psycopg
from psycopg import sql

TIMES = 9  # how many copies of each, besides itself


def _own(column: str, salt: str = "") -> str:
    """Return SQL for the key of the n-th copy of what a column names."""
    return f"md5({column}::text || '{salt}' || n)::uuid"


def _told_apart(column: str) -> str:
    return f"{column} || '-' || n"


@dataclass(frozen=True)
class Copying:
    """How the rows of a table are copied: what differs, and which are copied at all."""

    table: str
    changes: dict[str, str] = field(default_factory=dict)
    where: str = "true"
    key: str = "id"
    salt: str = ""


SENT = "requisition_id IN (SELECT id FROM ordering_requisition WHERE status <> 'DRAFT')"
MORE_LINES = "line-"
BEHIND = "sequence + n * (SELECT max(sequence) FROM audit_event)"
THINGS = (
    Copying("organisations_user", {"email": "n || '-' || email"}),
    Copying("organisations_membership", {"user_id": _own("user_id")}),
    Copying(
        "organisations_organisation",
        {"slug": _told_apart("slug"), "company_number": "''"},
        "kind = 'SUPPLIER'",
    ),
    Copying("organisations_supplierprofile", key="organisation_id"),
    Copying("organisations_supplierlink", {"supplier_id": _own("supplier_id")}),
    Copying("organisations_apitoken", {"hash": "md5(hash || n) || md5(hash)"}),
    Copying("ledger_costcentre", {"code": _told_apart("code")}),
    Copying("ledger_account", {"code": _told_apart("code")}),
    Copying(
        "ledger_budget",
        {"cost_centre_id": _own("cost_centre_id"), "account_id": _own("account_id")},
    ),
    Copying("catalogue_listing", {"part_number": _told_apart("part_number")}),
    Copying("catalogue_pastprice", {"listing_id": _own("listing_id")}),
    Copying("catalogue_importrun"),
    Copying("documents_document", {"name": _told_apart("name")}),
    Copying("notifications_message", {"key": _told_apart("key")}),
    Copying("ordering_deliverypoint", {"code": _told_apart("code")}),
)
# More in each document that is there; the goods of these lines are the copies of the goods.
LINES = (
    Copying(
        "ordering_requisitionline",
        {"line_number": "line_number + n * 100", "listing_id": _own("listing_id")},
        salt=MORE_LINES,
    ),
    Copying(
        "ordering_orderline",
        {
            "line_number": "line_number + n * 100",
            "requisition_line_id": _own("requisition_line_id", MORE_LINES),
        },
        salt=MORE_LINES,
    ),
    Copying(
        "ordering_receiptline",
        {"order_line_id": _own("order_line_id", MORE_LINES)},
        salt=MORE_LINES,
    ),
    Copying("invoicing_invoiceline", {"place": "place + n * 1000"}, salt=MORE_LINES),
    Copying("invoicing_invoicetax", {"place": "place + n * 1000"}, salt=MORE_LINES),
    Copying(
        "invoicing_finding",
        {"facts_key": "md5(facts_key || n) || md5(facts_key)", "place": "place + n * 1000"},
        salt=MORE_LINES,
    ),
    # Worth nothing, or the invoice would bill more than it asks for.
    Copying(
        "invoicing_allocation",
        {
            "amount": "0",
            "worth_amount": "0",
            "invoice_line_id": _own("invoice_line_id", MORE_LINES),
            "order_line_id": _own("order_line_id", MORE_LINES),
            "undoes_id": _own("undoes_id", MORE_LINES),
        },
        salt=MORE_LINES,
    ),
    Copying("ledger_journalline", {"number": "number + n * 10000"}, salt=MORE_LINES),
    Copying("audit_event", {"sequence": BEHIND}, salt=MORE_LINES),
)
DOCUMENTS = (
    Copying("ordering_requisition", {"number": _told_apart("number")}, "status <> 'DRAFT'"),
    Copying("ordering_requisitionline", {"requisition_id": _own("requisition_id")}, SENT),
    Copying(
        "ordering_order",
        {"number": _told_apart("number"), "requisition_id": _own("requisition_id")},
    ),
    Copying(
        "ordering_orderline",
        {"order_id": _own("order_id"), "requisition_line_id": _own("requisition_line_id")},
    ),
    Copying("ordering_transmission", {"order_id": _own("order_id")}),
    Copying("approvals_case", {"subject_id": _own("subject_id")}),
    Copying("approvals_step", {"case_id": _own("case_id")}),
    Copying("approvals_decision", {"case_id": _own("case_id"), "step_id": _own("step_id")}),
    Copying("approvals_delegation", {"delegate_id": _own("delegate_id")}),
    Copying(
        "ledger_commitmententry",
        {"line_id": _own("line_id"), "journal_id": _own("journal_id")},
    ),
    Copying(
        "ordering_receipt",
        {
            "number": _told_apart("number"),
            "order_id": _own("order_id"),
            "corrects_id": _own("corrects_id"),
        },
    ),
    Copying(
        "ordering_receiptline",
        {"receipt_id": _own("receipt_id"), "order_line_id": _own("order_line_id")},
    ),
    Copying("invoicing_arrival", {"name": _told_apart("name")}),
    Copying(
        "invoicing_invoice",
        {
            "arrival_id": _own("arrival_id"),
            "order_id": _own("order_id"),
            "credits_id": _own("credits_id"),
            "repeats_id": _own("repeats_id"),
            "number": _told_apart("number"),
            "number_key": _told_apart("number_key"),
            "sha256": "md5(sha256 || n) || md5(sha256)",
            "gross_amount": "gross_amount + n",
        },
    ),
    Copying("invoicing_invoiceline", {"invoice_id": _own("invoice_id")}),
    Copying("invoicing_invoicetax", {"invoice_id": _own("invoice_id")}),
    Copying(
        "invoicing_allocation",
        {
            "invoice_id": _own("invoice_id"),
            "invoice_line_id": _own("invoice_line_id"),
            "order_line_id": _own("order_line_id"),
            "undoes_id": _own("undoes_id"),
        },
    ),
    Copying(
        "invoicing_finding",
        {"invoice_id": _own("invoice_id"), "order_line_id": _own("order_line_id")},
    ),
    Copying("invoicing_paymentrun", {"number": _told_apart("number")}),
    Copying(
        "invoicing_payment",
        {"run_id": _own("run_id"), "end_to_end_id": _told_apart("end_to_end_id")},
    ),
    Copying(
        "invoicing_paidinvoice",
        {"payment_id": _own("payment_id"), "invoice_id": _own("invoice_id")},
    ),
    Copying(
        "ledger_journal",
        {
            "number": "number + n * (SELECT max(number) FROM ledger_journal)",
            "event_key": _told_apart("event_key"),
            "reverses_id": _own("reverses_id"),
            "document_id": _own("document_id"),
        },
    ),
    Copying("ledger_journalline", {"journal_id": _own("journal_id")}),
    Copying(
        "invoicing_ledgerexport",
        {"number": "number + n * (SELECT max(number) FROM invoicing_ledgerexport)"},
    ),
    Copying(
        "invoicing_exportedjournal",
        {"export_id": _own("export_id"), "journal_id": _own("journal_id")},
    ),
    Copying("desk_auditbundle"),
    Copying(
        "audit_event",
        {"sequence": BEHIND, "subject_id": _own("subject_id")},
    ),
)


# What is over: of a long history most is, while what waits for somebody stays about as much.
_REQUISITIONS = "SELECT id FROM ordering_requisition WHERE status = 'ORDERED'"
_ORDERS = "SELECT id FROM ordering_order WHERE status IN ('ACKNOWLEDGED', 'CANCELLED')"
_CASES = f"SELECT id FROM approvals_case WHERE subject_id IN ({_REQUISITIONS})"
_LINES = f"SELECT id FROM ordering_requisitionline WHERE requisition_id IN ({_REQUISITIONS})"
_INVOICES = (
    "SELECT id FROM invoicing_invoice"
    f" WHERE status = 'PAID' AND (order_id IS NULL OR order_id IN ({_ORDERS}))"
)
_RECEIPTS = f"SELECT id FROM ordering_receipt WHERE order_id IN ({_ORDERS})"
_RUNS = "SELECT id FROM invoicing_paymentrun WHERE status = 'SETTLED'"
_PAYMENTS = f"SELECT id FROM invoicing_payment WHERE run_id IN ({_RUNS})"
_OF_INVOICES = f"invoice_id IN ({_INVOICES})"
_ARRIVALS = f"SELECT arrival_id FROM invoicing_invoice AS paid WHERE paid.id IN ({_INVOICES})"
_OVER = {
    "ordering_receipt": f"order_id IN ({_ORDERS})",
    "ordering_receiptline": f"receipt_id IN ({_RECEIPTS})",
    "invoicing_arrival": f"id IN ({_ARRIVALS})",
    "invoicing_invoice": f"id IN ({_INVOICES})",
    "invoicing_invoiceline": _OF_INVOICES,
    "invoicing_invoicetax": _OF_INVOICES,
    "invoicing_allocation": _OF_INVOICES,
    "invoicing_finding": _OF_INVOICES,
    "invoicing_paymentrun": "status = 'SETTLED'",
    "invoicing_payment": f"run_id IN ({_RUNS})",
    "invoicing_paidinvoice": f"{_OF_INVOICES} AND payment_id IN ({_PAYMENTS})",
    "ordering_requisition": "status = 'ORDERED'",
    "ordering_requisitionline": f"requisition_id IN ({_REQUISITIONS})",
    "ordering_order": f"id IN ({_ORDERS})",
    "ordering_orderline": f"order_id IN ({_ORDERS})",
    "ordering_transmission": f"order_id IN ({_ORDERS})",
    "approvals_case": f"subject_id IN ({_REQUISITIONS})",
    "approvals_step": f"case_id IN ({_CASES})",
    "approvals_decision": f"case_id IN ({_CASES})",
    "ledger_commitmententry": f"line_id IN ({_LINES})",
}
HISTORY = tuple(
    replace(each, where=_OVER.get(each.table, each.where))
    for each in DOCUMENTS
    if each.table != "approvals_delegation"
)


def grow(
    admin_url: str, times: int = TIMES, copies: tuple[Copying, ...] = (*THINGS, *LINES, *DOCUMENTS)
) -> dict[str, tuple[int, int]]:
    """Copy rows; return for each table how many it had, and has."""
    with psycopg.connect(admin_url) as connection:
        connection.execute("SET session_replication_role = replica")
        before = {each.table: _count(connection, each.table) for each in copies}
        for each in copies:
            _copy(connection, each, times)
        # So that what is done later is written down, and numbered, behind the copies.
        connection.execute(
            "UPDATE organisations_numbersequence SET last = greatest(last, ("
            " SELECT coalesce(max(number), 0) FROM ledger_journal j WHERE j.council_id ="
            " organisation_id AND j.financial_year = year)) WHERE kind = 'journal'"
        )
        connection.execute(
            "UPDATE audit_chainhead h SET sequence ="
            " (SELECT max(sequence) FROM audit_event e WHERE e.chain = h.chain)"
        )
        found = {table: (count, _count(connection, table)) for table, count in before.items()}
    with psycopg.connect(admin_url, autocommit=True) as connection:
        connection.execute("VACUUM ANALYZE")
    return found


def _copy(connection: psycopg.Connection, copying: Copying, times: int) -> None:
    """Copy the rows that were there before any was copied."""
    columns = [
        name
        for (name,) in connection.execute(
            "SELECT column_name FROM information_schema.columns WHERE table_schema = 'public'"
            " AND table_name = %s AND is_generated = 'NEVER' ORDER BY ordinal_position",
            [copying.table],
        ).fetchall()
    ]
    changes = {copying.key: _own(copying.key, copying.salt), **copying.changes}
    names = ", ".join(f'"{each}"' for each in columns)
    values = ", ".join(changes.get(each, f'"{each}"') for each in columns)
    connection.execute(
        f"INSERT INTO {copying.table} ({names}) SELECT {values}"
        f" FROM (SELECT * FROM {copying.table} WHERE {copying.where}) there,"
        f" generate_series(1, {times}) n ON CONFLICT DO NOTHING"
    )


def _count(connection: psycopg.Connection, table: str) -> int:
    row = connection.execute(sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(table)))
    found = row.fetchone()
    return int(found[0]) if found else 0
