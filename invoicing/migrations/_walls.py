"""The walls around invoices and payments, and what the database keeps true of them."""

from django.db import migrations

from marketplace.core.tenancy import append_only, row_level_security, same_tenant, tenant_key

MINE = "council_id = acting_organisation()"
BOTH_SEE = f"{MINE} OR supplier_id = acting_organisation()"
# A supplier sends in its own invoices, and what is none is refused at once; what becomes of them
# else is for the council to say.
SENT_IN = f"{MINE} OR (supplier_id = acting_organisation() AND status <> 'TAKEN')"
# A supplier is told what holds its invoice. How that ended, and who let it through, is not for it.
HELD = f"{MINE} OR (supplier_id = acting_organisation() AND closed = '' AND severity <> 'NOTE')"
# What is prepared may still be given up, so a supplier sees what went to the bank.
SENT = f"{MINE} OR (supplier_id = acting_organisation() AND sent_at IS NOT NULL)"
OF_PAYMENT = (
    f"{MINE} OR (supplier_id = acting_organisation() AND EXISTS (SELECT 1 FROM invoicing_payment"
    " AS p WHERE p.id = payment_id AND p.sent_at IS NOT NULL))"
)
# Whoever buys from a supplier has to know where to pay it.
PAYERS_SEE = (
    "supplier_id = acting_organisation() OR EXISTS (SELECT 1 FROM organisations_supplierlink AS l"
    " WHERE l.supplier_id = invoicing_supplieraccount.supplier_id"
    " AND l.council_id = acting_organisation())"
)
BOTH = {"council_id": "council_id", "supplier_id": "supplier_id"}
KEPT_BY = {"council_id": "organisation_id"}


def _only_these_change(table: str, *columns: str) -> migrations.RunSQL:
    """Return the migration step after which nothing but these columns of a row ever changes."""
    names = ", ".join(f"'{name}'" for name in columns)
    return migrations.RunSQL(
        f"CREATE TRIGGER {table}_as_written AFTER UPDATE ON {table} FOR EACH ROW"
        f" EXECUTE FUNCTION invoicing_only_these_change({names});"
        f" CREATE TRIGGER {table}_kept BEFORE DELETE OR TRUNCATE ON {table} FOR EACH STATEMENT"
        " EXECUTE FUNCTION refuse_change();",
        reverse_sql=f"DROP TRIGGER {table}_as_written ON {table};"
        f" DROP TRIGGER {table}_kept ON {table};",
    )


AS_WRITTEN = migrations.RunSQL(
    """
    CREATE FUNCTION invoicing_only_these_change() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF (to_jsonb(OLD) - TG_ARGV) IS DISTINCT FROM (to_jsonb(NEW) - TG_ARGV) THEN
            RAISE EXCEPTION 'what % says is evidence and does not change', TG_TABLE_NAME
                USING ERRCODE = 'integrity_constraint_violation';
        END IF;
        RETURN NULL;
    END
    $$;
    """,
    reverse_sql="DROP FUNCTION invoicing_only_these_change();",
)

# Whose it is and what it bills is recognised, and may be put right until it is approved.
APPROVED_STAYS = migrations.RunSQL(
    """
    CREATE FUNCTION invoicing_approved_stays() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        RAISE EXCEPTION 'invoice_approved_stays: it is owed to whom and for what was approved'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'invoice_approved_stays',
                  TABLE = 'invoicing_invoice';
    END
    $$;
    CREATE TRIGGER invoice_approved_stays BEFORE UPDATE ON invoicing_invoice FOR EACH ROW
        WHEN (OLD.status IN ('APPROVED', 'PAID', 'SETTLED')
              AND (OLD.supplier_id, OLD.order_id, OLD.credits_id, OLD.approved_by_id)
                  IS DISTINCT FROM
                  (NEW.supplier_id, NEW.order_id, NEW.credits_id, NEW.approved_by_id))
        EXECUTE FUNCTION invoicing_approved_stays();
    """,
    reverse_sql="""
    DROP TRIGGER invoice_approved_stays ON invoicing_invoice;
    DROP FUNCTION invoicing_approved_stays();
    """,
)

# Who may approve and who may not is looked at where the whole of a deed is there. A finding is only
# looked at as it is written: whatever it says, its invoice must not have been approved before.
FOUR_EYES = migrations.RunSQL(
    """
    CREATE FUNCTION invoicing_ordered_by() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    BEGIN
        NEW.ordered_by_id := (SELECT contact_id FROM ordering_order WHERE id = NEW.order_id);
        RETURN NEW;
    END
    $$;
    CREATE TRIGGER invoice_ordered_by BEFORE INSERT OR UPDATE ON invoicing_invoice
        FOR EACH ROW EXECUTE FUNCTION invoicing_ordered_by();
    CREATE FUNCTION invoicing_approved_rightly(its_id uuid) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    DECLARE
        its invoicing_invoice;
    BEGIN
        SELECT * INTO its FROM invoicing_invoice WHERE id = its_id;
        IF its.status NOT IN ('APPROVED', 'PAID', 'SETTLED') THEN
            RETURN;
        END IF;
        IF EXISTS (SELECT 1 FROM invoicing_finding
                   WHERE invoice_id = its_id AND closed = '' AND severity <> 'NOTE') THEN
            RAISE EXCEPTION 'invoice_approved_has_no_hold: something holds it still'
                USING ERRCODE = 'check_violation', CONSTRAINT = 'invoice_approved_has_no_hold',
                      TABLE = 'invoicing_invoice';
        END IF;
        IF EXISTS (SELECT 1 FROM invoicing_finding
                   WHERE invoice_id = its_id AND closed_by_id = its.approved_by_id) THEN
            RAISE EXCEPTION 'invoice_released_by_others: who approved it let a difference through'
                USING ERRCODE = 'check_violation', CONSTRAINT = 'invoice_released_by_others',
                      TABLE = 'invoicing_invoice';
        END IF;
    END
    $$;
    CREATE FUNCTION invoicing_approved_invoice() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    BEGIN
        PERFORM invoicing_approved_rightly(NEW.id);
        RETURN NULL;
    END
    $$;
    CREATE FUNCTION invoicing_found_in_approved() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    BEGIN
        PERFORM invoicing_approved_rightly(each.invoice_id)
            FROM (SELECT DISTINCT invoice_id FROM written) AS each;
        RETURN NULL;
    END
    $$;
    CREATE CONSTRAINT TRIGGER invoice_approved_rightly AFTER INSERT OR UPDATE ON invoicing_invoice
        DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
        WHEN (NEW.status IN ('APPROVED', 'PAID', 'SETTLED'))
        EXECUTE FUNCTION invoicing_approved_invoice();
    CREATE TRIGGER finding_added_in_time AFTER INSERT ON invoicing_finding
        REFERENCING NEW TABLE AS written FOR EACH STATEMENT
        EXECUTE FUNCTION invoicing_found_in_approved();
    CREATE TRIGGER finding_ended_in_time AFTER UPDATE ON invoicing_finding
        REFERENCING NEW TABLE AS written FOR EACH STATEMENT
        EXECUTE FUNCTION invoicing_found_in_approved();
    """,
    reverse_sql="""
    DROP TRIGGER finding_ended_in_time ON invoicing_finding;
    DROP TRIGGER finding_added_in_time ON invoicing_finding;
    DROP TRIGGER invoice_approved_rightly ON invoicing_invoice;
    DROP FUNCTION invoicing_found_in_approved();
    DROP FUNCTION invoicing_approved_invoice();
    DROP FUNCTION invoicing_approved_rightly(uuid);
    DROP TRIGGER invoice_ordered_by ON invoicing_invoice;
    DROP FUNCTION invoicing_ordered_by();
    """,
)

# How much of an order's line is billed is the sum of its allocations by construction: it changes
# with them, in the same statement, and by nothing else.
BILLED = migrations.RunSQL(
    """
    CREATE FUNCTION invoicing_count_billed() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    BEGIN
        UPDATE ordering_orderline AS line
        SET billed_quantity = line.billed_quantity + billed.quantity
        FROM (SELECT order_line_id, sum(quantity) AS quantity FROM added GROUP BY 1) AS billed
        WHERE line.id = billed.order_line_id AND billed.quantity <> 0;
        RETURN NULL;
    END
    $$;
    CREATE TRIGGER allocation_counts AFTER INSERT ON invoicing_allocation
        REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION invoicing_count_billed();
    CREATE FUNCTION invoicing_billed_by_allocations() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        RAISE EXCEPTION 'orderline_billed_by_allocations: what is billed is counted, not said'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'orderline_billed_by_allocations',
                  TABLE = 'ordering_orderline';
    END
    $$;
    CREATE TRIGGER orderline_billed_by_allocations BEFORE UPDATE ON ordering_orderline
        FOR EACH ROW
        WHEN (OLD.billed_quantity IS DISTINCT FROM NEW.billed_quantity AND pg_trigger_depth() = 0)
        EXECUTE FUNCTION invoicing_billed_by_allocations();
    """,
    reverse_sql="""
    DROP TRIGGER orderline_billed_by_allocations ON ordering_orderline;
    DROP FUNCTION invoicing_billed_by_allocations();
    DROP TRIGGER allocation_counts ON invoicing_allocation;
    DROP FUNCTION invoicing_count_billed();
    """,
)

# Payments come after their run, and documents after their payment, so this waits for the commit.
# What is added later to either would change what was approved, and is refused by the same sums.
WHOLE = migrations.RunSQL(
    """
    CREATE FUNCTION invoicing_run_is_whole(its_id uuid) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    DECLARE
        its invoicing_paymentrun;
        payments bigint;
        total numeric;
    BEGIN
        SELECT * INTO its FROM invoicing_paymentrun WHERE id = its_id;
        SELECT count(*), coalesce(sum(amount), 0) INTO payments, total
            FROM invoicing_payment WHERE run_id = its_id;
        IF payments <> its.payments_count OR total <> its.total_amount THEN
            RAISE EXCEPTION 'paymentrun_is_whole: % payments of %, and it was fixed at % of %',
                    payments, total, its.payments_count, its.total_amount
                USING ERRCODE = 'check_violation', CONSTRAINT = 'paymentrun_is_whole',
                      TABLE = 'invoicing_paymentrun';
        END IF;
    END
    $$;
    CREATE FUNCTION invoicing_payment_is_whole(its_id uuid) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    BEGIN
        IF (SELECT amount FROM invoicing_payment WHERE id = its_id)
           <> (SELECT coalesce(sum(amount), 0) FROM invoicing_paidinvoice
               WHERE payment_id = its_id) THEN
            RAISE EXCEPTION 'payment_is_its_documents: it is not what they come to'
                USING ERRCODE = 'check_violation', CONSTRAINT = 'payment_is_its_documents',
                      TABLE = 'invoicing_payment';
        END IF;
    END
    $$;
    CREATE FUNCTION invoicing_whole_run() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    BEGIN
        PERFORM invoicing_run_is_whole(NEW.id);
        RETURN NULL;
    END
    $$;
    CREATE FUNCTION invoicing_whole_payment() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    BEGIN
        -- A run that was written in this transaction is looked at once, by its own trigger.
        IF (SELECT xmin::text FROM invoicing_paymentrun WHERE id = NEW.run_id)
           IS DISTINCT FROM (pg_current_xact_id()::xid)::text THEN
            PERFORM invoicing_run_is_whole(NEW.run_id);
        END IF;
        PERFORM invoicing_payment_is_whole(NEW.id);
        RETURN NULL;
    END
    $$;
    CREATE FUNCTION invoicing_whole_document() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    BEGIN
        IF NOT EXISTS (
            SELECT 1 FROM invoicing_invoice AS its WHERE its.id = NEW.invoice_id
                AND its.supplier_id = NEW.supplier_id AND its.status IN ('APPROVED', 'PAID')
                AND NEW.amount = CASE its.kind WHEN 'CREDIT_NOTE' THEN -its.payable_amount
                                               ELSE its.payable_amount END
        ) THEN
            RAISE EXCEPTION 'paidinvoice_is_its_invoice: it is not what was approved'
                USING ERRCODE = 'check_violation', CONSTRAINT = 'paidinvoice_is_its_invoice',
                      TABLE = 'invoicing_paidinvoice';
        END IF;
        PERFORM invoicing_payment_is_whole(NEW.payment_id);
        RETURN NULL;
    END
    $$;
    CREATE CONSTRAINT TRIGGER paymentrun_is_whole AFTER INSERT OR UPDATE ON invoicing_paymentrun
        DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION invoicing_whole_run();
    CREATE CONSTRAINT TRIGGER payment_is_whole AFTER INSERT ON invoicing_payment
        DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION invoicing_whole_payment();
    CREATE CONSTRAINT TRIGGER paidinvoice_is_whole AFTER INSERT ON invoicing_paidinvoice
        DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION invoicing_whole_document();
    """,
    reverse_sql="""
    DROP TRIGGER paidinvoice_is_whole ON invoicing_paidinvoice;
    DROP TRIGGER payment_is_whole ON invoicing_payment;
    DROP TRIGGER paymentrun_is_whole ON invoicing_paymentrun;
    DROP FUNCTION invoicing_whole_document();
    DROP FUNCTION invoicing_whole_payment();
    DROP FUNCTION invoicing_whole_run();
    DROP FUNCTION invoicing_payment_is_whole(uuid);
    DROP FUNCTION invoicing_run_is_whole(uuid);
    """,
)

WALLS = [
    row_level_security("invoicing_arrival", BOTH_SEE, added=SENT_IN, changed=MINE),
    row_level_security("invoicing_invoice", BOTH_SEE, added=MINE, changed=MINE),
    row_level_security("invoicing_invoiceline", BOTH_SEE, added=MINE, changed="false"),
    row_level_security("invoicing_invoicetax", BOTH_SEE, added=MINE, changed="false"),
    row_level_security("invoicing_allocation"),
    row_level_security("invoicing_alloweddifferences"),
    row_level_security("invoicing_choice", changed="false"),
    row_level_security("invoicing_finding", HELD, added=MINE, changed=MINE),
    row_level_security(
        "invoicing_supplieraccount",
        PAYERS_SEE,
        added="supplier_id = acting_organisation()",
        changed="false",
    ),
    row_level_security("invoicing_accountconfirmation", changed="false"),
    row_level_security("invoicing_paymentrun"),
    row_level_security("invoicing_payment", SENT, added=MINE, changed=MINE),
    row_level_security("invoicing_paidinvoice", OF_PAYMENT, added=MINE, changed=MINE),
    row_level_security("invoicing_ledgerexport"),
    row_level_security("invoicing_exportedjournal", changed="false"),
    tenant_key("invoicing_arrival", "council_id"),
    tenant_key("invoicing_invoice", "council_id"),
    tenant_key("invoicing_invoiceline", "council_id"),
    tenant_key("invoicing_allocation", "council_id"),
    tenant_key("invoicing_supplieraccount", "supplier_id"),
    tenant_key("invoicing_paymentrun", "council_id"),
    tenant_key("invoicing_payment", *BOTH),
    tenant_key("invoicing_ledgerexport", "council_id"),
    same_tenant("invoicing_arrival", "document_id", "documents_document", KEPT_BY),
    same_tenant("invoicing_invoice", "arrival_id", "invoicing_arrival"),
    same_tenant("invoicing_invoice", "document_id", "documents_document", KEPT_BY),
    same_tenant("invoicing_invoice", "order_id", "ordering_order", BOTH),
    same_tenant("invoicing_invoice", "credits_id", "invoicing_invoice"),
    same_tenant("invoicing_invoice", "repeats_id", "invoicing_invoice"),
    same_tenant("invoicing_invoiceline", "invoice_id", "invoicing_invoice"),
    same_tenant("invoicing_invoicetax", "invoice_id", "invoicing_invoice"),
    same_tenant("invoicing_allocation", "invoice_id", "invoicing_invoice"),
    same_tenant("invoicing_allocation", "invoice_line_id", "invoicing_invoiceline"),
    same_tenant("invoicing_allocation", "order_line_id", "ordering_orderline", BOTH),
    same_tenant("invoicing_allocation", "undoes_id", "invoicing_allocation"),
    same_tenant("invoicing_choice", "invoice_id", "invoicing_invoice"),
    same_tenant("invoicing_choice", "invoice_line_id", "invoicing_invoiceline"),
    same_tenant("invoicing_choice", "order_id", "ordering_order", BOTH),
    same_tenant("invoicing_choice", "order_line_id", "ordering_orderline", BOTH),
    same_tenant("invoicing_finding", "invoice_id", "invoicing_invoice"),
    same_tenant("invoicing_finding", "other_id", "invoicing_invoice"),
    same_tenant("invoicing_finding", "order_line_id", "ordering_orderline", BOTH),
    same_tenant(
        "invoicing_accountconfirmation",
        "account_id",
        "invoicing_supplieraccount",
        {"supplier_id": "supplier_id"},
    ),
    same_tenant("invoicing_accountconfirmation", "returned_id", "invoicing_payment", BOTH),
    same_tenant("invoicing_paymentrun", "file_id", "documents_document", KEPT_BY),
    same_tenant("invoicing_payment", "run_id", "invoicing_paymentrun"),
    same_tenant(
        "invoicing_payment",
        "account_id",
        "invoicing_supplieraccount",
        {"supplier_id": "supplier_id"},
    ),
    same_tenant("invoicing_paidinvoice", "payment_id", "invoicing_payment", BOTH),
    same_tenant("invoicing_paidinvoice", "invoice_id", "invoicing_invoice"),
    same_tenant("invoicing_ledgerexport", "document_id", "documents_document", KEPT_BY),
    same_tenant("invoicing_exportedjournal", "export_id", "invoicing_ledgerexport"),
    same_tenant("invoicing_exportedjournal", "journal_id", "ledger_journal"),
    append_only("invoicing_invoiceline"),
    append_only("invoicing_invoicetax"),
    append_only("invoicing_allocation"),
    append_only("invoicing_choice"),
    append_only("invoicing_supplieraccount"),
    append_only("invoicing_accountconfirmation"),
    append_only("invoicing_exportedjournal"),
    AS_WRITTEN,
    _only_these_change(
        "invoicing_arrival", "status", "read_at", "refusal_code", "refusal_detail", "supplier_id"
    ),
    _only_these_change(
        "invoicing_invoice",
        "status",
        "supplier_id",
        "order_id",
        "credits_id",
        "repeats_id",
        "version",
        "matched_at",
        "rules_version",
        "told_supplier_at",
        "ordered_by_id",
        "approved_at",
        "approved_by_id",
        "approved_by_name",
        "sent_back_at",
        "sent_back_by_id",
        "sent_back_by_name",
        "sent_back_reason",
        "paid_on",
    ),
    _only_these_change(
        "invoicing_finding",
        "told_at",
        "closed",
        "closed_at",
        "closed_by_id",
        "closed_by_name",
        "closed_reason",
    ),
    _only_these_change(
        "invoicing_paymentrun",
        "status",
        "version",
        "approved_at",
        "approved_by_id",
        "approved_by_name",
        "exported_at",
        "exported_by_name",
        "file_id",
        "settled_on",
        "void_at",
        "void_reason",
    ),
    _only_these_change("invoicing_payment", "sent_at", "failed_at", "failed_reason", "settled_on"),
    _only_these_change("invoicing_paidinvoice", "is_open"),
    _only_these_change(
        "invoicing_ledgerexport",
        "status",
        "acknowledged_at",
        "acknowledged_by_name",
        "acknowledgement",
    ),
    APPROVED_STAYS,
    FOUR_EYES,
    BILLED,
    WHOLE,
]
