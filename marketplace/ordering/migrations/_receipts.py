"""What has come of an order, kept by the database: the sum of its receipts, whoever writes them.

The functions run as the tables' owner. What they look at is held against the tenant by the walls.
"""

from django.db import migrations

# A receipt's lines come in one statement with nothing after it, so it is looked at once, when they
# have come; and the same statement carries them on to the lines of the order.
_LINES = migrations.RunSQL(
    """
    CREATE FUNCTION receiptline_counts() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    BEGIN
        IF EXISTS (
            SELECT FROM ordering_receipt r JOIN (
                SELECT l.receipt_id, count(*) AS lines, sum(l.amount) AS amount
                FROM ordering_receiptline l WHERE l.receipt_id IN (SELECT receipt_id FROM added)
                GROUP BY l.receipt_id
            ) AS its ON its.receipt_id = r.id
            WHERE its.lines <> r.lines_count OR its.amount <> r.net_amount
        ) THEN
            RAISE EXCEPTION 'receipt_is_whole: its lines are not those that it was kept with'
                USING ERRCODE = 'check_violation', CONSTRAINT = 'receipt_is_whole',
                      TABLE = 'ordering_receiptline';
        END IF;
        IF EXISTS (
            SELECT FROM added l
            JOIN ordering_receipt r ON r.id = l.receipt_id
            JOIN ordering_orderline o ON o.id = l.order_line_id
            LEFT JOIN ordering_receipt c ON c.id = r.corrects_id
            WHERE o.order_id <> r.order_id OR c.order_id <> r.order_id OR c.corrects_id IS NOT NULL
        ) THEN
            RAISE EXCEPTION 'receiptline_of_its_order: it is a line of another order'
                USING ERRCODE = 'check_violation', CONSTRAINT = 'receiptline_of_its_order',
                      TABLE = 'ordering_receiptline';
        END IF;
        IF EXISTS (
            SELECT FROM added l JOIN ordering_receipt r ON r.id = l.receipt_id
            WHERE (r.kind = 'RECEIVED' AND l.quantity < 0)
               OR (r.kind = 'RETURNED' AND l.quantity > 0)
        ) THEN
            RAISE EXCEPTION 'receiptline_fits_kind: what came is above nought, what went is below'
                USING ERRCODE = 'check_violation', CONSTRAINT = 'receiptline_fits_kind',
                      TABLE = 'ordering_receiptline';
        END IF;
        UPDATE ordering_orderline AS o
        SET received_quantity = o.received_quantity + came.quantity
        FROM (SELECT order_line_id, sum(quantity) AS quantity FROM added GROUP BY order_line_id)
            AS came
        WHERE o.id = came.order_line_id;
        RETURN NULL;
    END
    $$;
    CREATE TRIGGER receiptline_counts AFTER INSERT ON ordering_receiptline
        REFERENCING NEW TABLE AS added
        FOR EACH STATEMENT EXECUTE FUNCTION receiptline_counts();
    """,
    "DROP TRIGGER receiptline_counts ON ordering_receiptline; DROP FUNCTION receiptline_counts();",
)

# A right to change columns would have to be given for every other column by name, and be thought of
# with each new one. Only the function above runs as the owner of the table.
_RECEIVED = migrations.RunSQL(
    """
    CREATE FUNCTION orderline_received_by_receipts() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF NOT EXISTS (SELECT FROM pg_class c JOIN pg_roles r ON r.oid = c.relowner
                       WHERE c.oid = TG_RELID AND r.rolname = current_user) THEN
            RAISE EXCEPTION 'orderline_received_by_receipts: only receipts say how much has come'
                USING ERRCODE = 'check_violation', CONSTRAINT = 'orderline_received_by_receipts',
                      TABLE = 'ordering_orderline';
        END IF;
        RETURN NULL;
    END
    $$;
    CREATE TRIGGER orderline_received_by_receipts AFTER UPDATE ON ordering_orderline FOR EACH ROW
        WHEN (OLD.received_quantity <> NEW.received_quantity)
        EXECUTE FUNCTION orderline_received_by_receipts();
    CREATE TRIGGER orderline_begins_with_nothing AFTER INSERT ON ordering_orderline FOR EACH ROW
        WHEN (NEW.received_quantity <> 0)
        EXECUTE FUNCTION orderline_received_by_receipts();
    """,
    """
    DROP TRIGGER orderline_received_by_receipts ON ordering_orderline;
    DROP TRIGGER orderline_begins_with_nothing ON ordering_orderline;
    DROP FUNCTION orderline_received_by_receipts();
    """,
)

RECEIPTS = [_LINES, _RECEIVED]
