"""The walls around requisitions (the council's own) and orders (two sides, once they are sent)."""

from django.db import migrations

from marketplace.core.tenancy import append_only, row_level_security

MINE = "council_id = acting_organisation()"
ORDER = f"{MINE} OR (supplier_id = acting_organisation() AND sent_at IS NOT NULL)"
# A supplier sees what belongs to an order only if it sees the order.
OF_ORDER = (
    f"{MINE} OR (supplier_id = acting_organisation() AND EXISTS (SELECT 1 FROM ordering_order AS o"
    " WHERE o.id = order_id AND o.sent_at IS NOT NULL))"
)

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
        WHEN ((OLD.order_id, OLD.listing_id, OLD.part_number, OLD.name, OLD.unit, OLD.quantity,
               OLD.unit_price, OLD.vat_category, OLD.vat_rate_percent, OLD.net_amount,
               OLD.council_id, OLD.supplier_id)
              IS DISTINCT FROM
              (NEW.order_id, NEW.listing_id, NEW.part_number, NEW.name, NEW.unit, NEW.quantity,
               NEW.unit_price, NEW.vat_category, NEW.vat_rate_percent, NEW.net_amount,
               NEW.council_id, NEW.supplier_id))
        EXECUTE FUNCTION ordering_agreed();
    CREATE TRIGGER order_agreed BEFORE UPDATE ON ordering_order FOR EACH ROW
        WHEN ((OLD.number, OLD.council_id, OLD.supplier_id, OLD.net_amount, OLD.vat_amount)
              IS DISTINCT FROM
              (NEW.number, NEW.council_id, NEW.supplier_id, NEW.net_amount, NEW.vat_amount)
              OR (OLD.sent_at IS NOT NULL
                  AND (OLD.sent_at, OLD.pdf_id, OLD.ubl_id)
                      IS DISTINCT FROM (NEW.sent_at, NEW.pdf_id, NEW.ubl_id)))
        EXECUTE FUNCTION ordering_agreed();
    """,
    reverse_sql="""
    DROP TRIGGER orderline_agreed ON ordering_orderline;
    DROP TRIGGER order_agreed ON ordering_order;
    DROP FUNCTION ordering_agreed();
    """,
)

WALLS = [
    row_level_security("ordering_deliverypoint"),
    row_level_security("ordering_requisition"),
    row_level_security("ordering_requisitionline"),
    row_level_security("ordering_order", ORDER),
    row_level_security("ordering_orderline", OF_ORDER),
    row_level_security("ordering_transmission", OF_ORDER, writable=MINE),
    append_only("ordering_transmission"),
    AGREED,
]
