"""A hard stop, kept by the database: nothing is promised beyond a budget that is one."""

from django.db import migrations

# A trigger and no CHECK, since it is about the change: promising more than is left is stopped,
# while a bill that came higher than its order must still be written down as spent. What was spent
# and is promised again takes nothing more than it took before.
HARD_STOP = migrations.RunSQL(
    """
    CREATE FUNCTION budget_hard_stop_holds() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF NEW.is_hard_stop
           AND NEW.committed_amount > COALESCE(OLD.committed_amount, 0)
           AND NEW.committed_amount + NEW.actual_amount
               > COALESCE(OLD.committed_amount + OLD.actual_amount, 0)
           AND NEW.committed_amount + NEW.actual_amount > NEW.budget_amount THEN
            RAISE EXCEPTION 'budget_hard_stop_holds: more is promised than is left of %', NEW.coding
                USING ERRCODE = 'check_violation', CONSTRAINT = 'budget_hard_stop_holds',
                      TABLE = 'ledger_budget';
        END IF;
        RETURN NEW;
    END
    $$;
    CREATE TRIGGER budget_hard_stop_holds BEFORE INSERT OR UPDATE ON ledger_budget
        FOR EACH ROW EXECUTE FUNCTION budget_hard_stop_holds();
    """,
    "DROP TRIGGER budget_hard_stop_holds ON ledger_budget;"
    " DROP FUNCTION budget_hard_stop_holds();",
)
