"""The walls around requisitions (the council's own) and orders (two sides, once they are sent)."""

from django.db import migrations

from marketplace.core.tenancy import append_only, row_level_security, same_tenant, tenant_key
from marketplace.ordering.migrations._receipts import RECEIPTS

MINE = "council_id = acting_organisation()"
ORDER = f"{MINE} OR (supplier_id = acting_organisation() AND sent_at IS NOT NULL)"
# A supplier sees what belongs to an order only if it sees the order.
OF_ORDER = (
    f"{MINE} OR (supplier_id = acting_organisation() AND EXISTS (SELECT 1 FROM ordering_order AS o"
    " WHERE o.id = order_id AND o.sent_at IS NOT NULL))"
)
OF_RECEIPT = (
    f"{MINE} OR (supplier_id = acting_organisation() AND EXISTS (SELECT 1 FROM ordering_receipt AS r"
    " WHERE r.id = receipt_id))"
)
OF_BASKET = (
    f"{MINE} AND EXISTS (SELECT 1 FROM ordering_requisition AS r"
    " WHERE r.id = requisition_id AND r.status = 'DRAFT')"
)
BOTH = {"council_id": "council_id", "supplier_id": "supplier_id"}
KEPT_BY = {"council_id": "organisation_id"}

# What was agreed does not change: a supplier answers and a council cancels, and neither may alter
# what is to be delivered at which price.
AGREED = migrations.RunSQL(
    """
    CREATE FUNCTION ordering_agreed() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        RAISE EXCEPTION 'what an order says cannot be changed after it was raised'
            USING ERRCODE = 'integrity_constraint_violation';
    END
    $$;
    CREATE TRIGGER orderline_agreed BEFORE UPDATE ON ordering_orderline FOR EACH ROW
        WHEN ((OLD.id, OLD.council_id, OLD.supplier_id, OLD.order_id, OLD.line_number,
               OLD.requisition_line_id, OLD.cost_centre_id, OLD.account_id, OLD.listing_id,
               OLD.listing_version, OLD.part_number, OLD.name, OLD.category, OLD.unit,
               OLD.pack_size, OLD.quantity, OLD.unit_price, OLD.vat_category,
               OLD.vat_rate_percent, OLD.net_amount)
              IS DISTINCT FROM
              (NEW.id, NEW.council_id, NEW.supplier_id, NEW.order_id, NEW.line_number,
               NEW.requisition_line_id, NEW.cost_centre_id, NEW.account_id, NEW.listing_id,
               NEW.listing_version, NEW.part_number, NEW.name, NEW.category, NEW.unit,
               NEW.pack_size, NEW.quantity, NEW.unit_price, NEW.vat_category,
               NEW.vat_rate_percent, NEW.net_amount))
        EXECUTE FUNCTION ordering_agreed();
    CREATE TRIGGER orderline_kept BEFORE DELETE ON ordering_orderline FOR EACH STATEMENT
        EXECUTE FUNCTION ordering_agreed();
    CREATE TRIGGER order_agreed BEFORE UPDATE ON ordering_order FOR EACH ROW
        WHEN ((OLD.id, OLD.number, OLD.council_id, OLD.supplier_id, OLD.requisition_id,
               OLD.financial_year, OLD.deliver_to, OLD.needed_by_on, OLD.contact_id,
               OLD.contact_name, OLD.contact_email, OLD.net_amount, OLD.vat_amount, OLD.raised_at)
              IS DISTINCT FROM
              (NEW.id, NEW.number, NEW.council_id, NEW.supplier_id, NEW.requisition_id,
               NEW.financial_year, NEW.deliver_to, NEW.needed_by_on, NEW.contact_id,
               NEW.contact_name, NEW.contact_email, NEW.net_amount, NEW.vat_amount, NEW.raised_at)
              OR (OLD.sent_at IS NOT NULL
                  AND (OLD.sent_at, OLD.pdf_id, OLD.ubl_id)
                      IS DISTINCT FROM (NEW.sent_at, NEW.pdf_id, NEW.ubl_id)))
        EXECUTE FUNCTION ordering_agreed();
    CREATE TRIGGER order_kept BEFORE DELETE ON ordering_order FOR EACH STATEMENT
        EXECUTE FUNCTION ordering_agreed();
    """,
    reverse_sql="""
    DROP TRIGGER orderline_agreed ON ordering_orderline;
    DROP TRIGGER orderline_kept ON ordering_orderline;
    DROP TRIGGER order_agreed ON ordering_order;
    DROP TRIGGER order_kept ON ordering_order;
    DROP FUNCTION ordering_agreed();
    """,
)

# A wall knows rows and no columns. What a supplier may change of an order that was sent to it is
# its answer, once; how much has come and been billed, or been cancelled, is for the council to say.
# After the row and not before, since only then is what the database reckons known.
ANSWERED = migrations.RunSQL(
    """
    CREATE FUNCTION ordering_answer_only() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF (to_jsonb(OLD) - TG_ARGV) IS DISTINCT FROM (to_jsonb(NEW) - TG_ARGV) THEN
            RAISE EXCEPTION 'a supplier answers an order and changes nothing else of it'
                USING ERRCODE = 'integrity_constraint_violation';
        END IF;
        RETURN NULL;
    END
    $$;
    CREATE FUNCTION ordering_answered_once() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        RAISE EXCEPTION 'a supplier answers an order that waits for it, once'
            USING ERRCODE = 'integrity_constraint_violation';
    END
    $$;
    CREATE TRIGGER order_answer_only AFTER UPDATE ON ordering_order FOR EACH ROW
        WHEN (OLD.supplier_id = acting_organisation())
        EXECUTE FUNCTION ordering_answer_only(
            'status', 'answered_at', 'answered_by_name', 'answer_note', 'version');
    CREATE TRIGGER order_answered_once AFTER UPDATE ON ordering_order FOR EACH ROW
        WHEN (OLD.supplier_id = acting_organisation() AND (
            OLD.status <> 'SENT'
            OR NEW.status NOT IN ('ACKNOWLEDGED', 'PARTLY_REFUSED', 'REFUSED')))
        EXECUTE FUNCTION ordering_answered_once();
    CREATE TRIGGER orderline_answer_only AFTER UPDATE ON ordering_orderline FOR EACH ROW
        WHEN (OLD.supplier_id = acting_organisation())
        EXECUTE FUNCTION ordering_answer_only('answer', 'promised_on', 'refusal_reason');
    CREATE TRIGGER orderline_answered_once AFTER UPDATE ON ordering_orderline FOR EACH ROW
        WHEN (OLD.supplier_id = acting_organisation() AND OLD.answer <> 'WAITS')
        EXECUTE FUNCTION ordering_answered_once();
    """,
    reverse_sql="""
    DROP TRIGGER order_answer_only ON ordering_order;
    DROP TRIGGER order_answered_once ON ordering_order;
    DROP TRIGGER orderline_answer_only ON ordering_orderline;
    DROP TRIGGER orderline_answered_once ON ordering_orderline;
    DROP FUNCTION ordering_answer_only();
    DROP FUNCTION ordering_answered_once();
    """,
)

# What was refused may still be billed, by mistake: that invoice is held for it, and must come in. So
# this looks at the deed and not, as a constraint would, at every row for ever.
REFUSED = migrations.RunSQL(
    """
    CREATE FUNCTION orderline_refused_is_not_billed() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        RAISE EXCEPTION 'orderline_refused_is_not_billed: an invoice asks for some of it'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'orderline_refused_is_not_billed',
                  TABLE = 'ordering_orderline';
    END
    $$;
    CREATE TRIGGER orderline_refused_is_not_billed AFTER UPDATE ON ordering_orderline FOR EACH ROW
        WHEN (OLD.answer <> 'REFUSED' AND NEW.answer = 'REFUSED' AND NEW.billed_quantity <> 0)
        EXECUTE FUNCTION orderline_refused_is_not_billed();
    """,
    reverse_sql="""
    DROP TRIGGER orderline_refused_is_not_billed ON ordering_orderline;
    DROP FUNCTION orderline_refused_is_not_billed();
    """,
)

# Row-level security lets no index over words be used, since LIKE might tell what it saw before the
# wall is checked. So these run as the owner, keep to what the acting organisation may see, and hand
# out keys. The documents themselves are then read through the wall like any other.
WORDS = migrations.RunSQL(
    """
    CREATE FUNCTION ordering_requisitions_with(p_parts text[], p_most integer)
    RETURNS SETOF uuid
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    DECLARE
        part text;
        wanted text := 'SELECT id FROM ordering_requisition WHERE council_id = $1';
    BEGIN
        FOREACH part IN ARRAY p_parts LOOP
            wanted := wanted || format(' AND words LIKE %L', part);
        END LOOP;
        RETURN QUERY EXECUTE wanted || ' LIMIT $2' USING acting_organisation(), p_most;
    END
    $$;
    CREATE FUNCTION ordering_orders_with(p_parts text[], p_most integer) RETURNS SETOF uuid
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    DECLARE
        part text;
        named uuid[];
        wanted text := 'SELECT id FROM ordering_order WHERE (council_id = $1'
            ' OR (supplier_id = $1 AND sent_at IS NOT NULL))';
    BEGIN
        FOREACH part IN ARRAY p_parts LOOP
            named := ARRAY(
                SELECT id FROM organisations_organisation WHERE lower(' ' || name) LIKE part);
            wanted := wanted || format(
                ' AND (words LIKE %L OR supplier_id = ANY (%L) OR council_id = ANY (%L))',
                part, named, named);
        END LOOP;
        RETURN QUERY EXECUTE wanted || ' LIMIT $2' USING acting_organisation(), p_most;
    END
    $$;
    """,
    reverse_sql="""
    DROP FUNCTION ordering_orders_with(text[], integer);
    DROP FUNCTION ordering_requisitions_with(text[], integer);
    """,
)

# What a supplier may add to a council's trail: that it answered, once, in the words of its answer.
# The order is held by whoever answered it, so the trail's owner only reads.
TOLD = migrations.RunSQL(
    """
    CREATE FUNCTION audit_told_order_answered(facts jsonb)
    RETURNS boolean LANGUAGE sql STABLE SET search_path = public, pg_temp AS $$
        SELECT EXISTS (
            SELECT 1 FROM ordering_order AS o
            WHERE o.id = (facts->>'subject_id')::uuid
              AND o.council_id = (facts->>'chain')::uuid
              AND o.supplier_id = (facts->>'counterparty_id')::uuid
              AND o.sent_at IS NOT NULL
              AND facts->>'subject_type' = 'ordering.order'
              AND facts->>'subject_reference' = o.number
              AND (facts->>'at')::timestamptz = o.answered_at
              AND facts->>'actor_name' = o.answered_by_name
              AND facts->>'note' = o.answer_note
              AND facts->'before' = '{"status": "SENT"}'
              AND facts->'after' = jsonb_build_object('status', o.status) || (
                  SELECT jsonb_object_agg(lower(said.answer), said.lines) FROM (
                      SELECT answer, count(*) AS lines FROM ordering_orderline
                      WHERE order_id = o.id GROUP BY answer) AS said)
        ) AND NOT EXISTS (
            SELECT 1 FROM audit_event
            WHERE subject_id = (facts->>'subject_id')::uuid AND verb = 'order.answered')
    $$;
    REVOKE ALL ON FUNCTION audit_told_order_answered(jsonb) FROM PUBLIC;
    """,
    reverse_sql="DROP FUNCTION audit_told_order_answered(jsonb);",
)

WALLS = [
    row_level_security("ordering_receipt", OF_ORDER, added=MINE, changed="false"),
    row_level_security("ordering_receiptline", OF_RECEIPT, added=MINE, changed="false"),
    row_level_security("ordering_deliverypoint"),
    row_level_security("ordering_requisition"),
    # Things are put back from a basket, and from nothing that was handed in.
    row_level_security("ordering_requisitionline", removed=OF_BASKET),
    row_level_security("ordering_order", ORDER, added=MINE),
    row_level_security("ordering_orderline", OF_ORDER, added=MINE),
    row_level_security("ordering_transmission", OF_ORDER, added=MINE, changed="false"),
    tenant_key("ordering_requisition", "council_id"),
    tenant_key("ordering_requisitionline", *BOTH),
    tenant_key("ordering_order", *BOTH),
    same_tenant("ordering_requisitionline", "requisition_id", "ordering_requisition"),
    same_tenant("ordering_requisitionline", "cost_centre_id", "ledger_costcentre"),
    same_tenant("ordering_requisitionline", "account_id", "ledger_account"),
    same_tenant("ordering_order", "requisition_id", "ordering_requisition"),
    same_tenant("ordering_order", "pdf_id", "documents_document", KEPT_BY),
    same_tenant("ordering_order", "ubl_id", "documents_document", KEPT_BY),
    same_tenant("ordering_orderline", "order_id", "ordering_order", BOTH),
    same_tenant(
        "ordering_orderline", "requisition_line_id", "ordering_requisitionline", BOTH
    ),
    same_tenant("ordering_orderline", "cost_centre_id", "ledger_costcentre"),
    same_tenant("ordering_orderline", "account_id", "ledger_account"),
    same_tenant("ordering_transmission", "order_id", "ordering_order", BOTH),
    same_tenant("ordering_transmission", "document_id", "documents_document", KEPT_BY),
    tenant_key("ordering_orderline", *BOTH),
    tenant_key("ordering_receipt", *BOTH),
    same_tenant("ordering_receipt", "order_id", "ordering_order", BOTH),
    same_tenant("ordering_receipt", "corrects_id", "ordering_receipt", BOTH),
    same_tenant("ordering_receiptline", "receipt_id", "ordering_receipt", BOTH),
    same_tenant("ordering_receiptline", "order_line_id", "ordering_orderline", BOTH),
    append_only("ordering_transmission"),
    append_only("ordering_receipt"),
    append_only("ordering_receiptline"),
    AGREED,
    ANSWERED,
    REFUSED,
    TOLD,
    WORDS,
    *RECEIPTS,
]
