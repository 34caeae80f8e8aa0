"""Double entry, kept by the database: what must be true of journals whoever writes them.

The functions run as the tables' owner. What they look at is held against the tenant by the walls,
and one of them runs at the commit, when the connection may be acting for nobody any more.
"""

from django.db import migrations

from marketplace.core.tenancy import same_tenant

# The period is held as well as read, so that it cannot be closed between this and the commit.
_OPEN_PERIOD = migrations.RunSQL(
    """
    CREATE FUNCTION journal_stands_in_its_period() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    DECLARE
        its ledger_period;
    BEGIN
        SELECT * INTO its FROM ledger_period
            WHERE id = NEW.period_id AND council_id = NEW.council_id FOR SHARE;
        IF its.status IS DISTINCT FROM 'OPEN' THEN
            RAISE EXCEPTION 'journal_period_is_open: nothing is posted in a closed period'
                USING ERRCODE = 'check_violation', CONSTRAINT = 'journal_period_is_open',
                      TABLE = 'ledger_journal';
        END IF;
        IF NEW.dated_on NOT BETWEEN its.starts_on AND its.ends_on
           OR NEW.financial_year <> its.financial_year THEN
            RAISE EXCEPTION 'journal_dated_in_its_period: % is not a day of it', NEW.dated_on
                USING ERRCODE = 'check_violation', CONSTRAINT = 'journal_dated_in_its_period',
                      TABLE = 'ledger_journal';
        END IF;
        IF EXISTS (SELECT FROM ledger_journal
                   WHERE id = NEW.reverses_id AND reverses_id IS NOT NULL) THEN
            RAISE EXCEPTION 'journal_reverses_no_reversal: post it anew instead'
                USING ERRCODE = 'check_violation', CONSTRAINT = 'journal_reverses_no_reversal',
                      TABLE = 'ledger_journal';
        END IF;
        RETURN NEW;
    END
    $$;
    CREATE TRIGGER journal_stands_in_its_period BEFORE INSERT ON ledger_journal
        FOR EACH ROW EXECUTE FUNCTION journal_stands_in_its_period();
    """,
    "DROP TRIGGER journal_stands_in_its_period ON ledger_journal;"
    " DROP FUNCTION journal_stands_in_its_period();",
)

# Lines come after their journal, so this waits for the commit.
_BALANCED = migrations.RunSQL(
    """
    CREATE FUNCTION journal_balances() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    DECLARE
        lines bigint;
        debit numeric;
        credit numeric;
    BEGIN
        SELECT count(*), coalesce(sum(debit_amount), 0), coalesce(sum(credit_amount), 0)
            INTO lines, debit, credit FROM ledger_journalline WHERE journal_id = NEW.id;
        IF debit <> credit THEN
            RAISE EXCEPTION 'journal_balances: it is out by %', debit - credit
                USING ERRCODE = 'check_violation', CONSTRAINT = 'journal_balances',
                      TABLE = 'ledger_journal';
        END IF;
        IF lines <> NEW.lines_count OR debit <> NEW.total_amount THEN
            RAISE EXCEPTION 'journal_is_whole: % lines of % came, of % lines of %',
                    lines, debit, NEW.lines_count, NEW.total_amount
                USING ERRCODE = 'check_violation', CONSTRAINT = 'journal_is_whole',
                      TABLE = 'ledger_journal';
        END IF;
        IF NEW.reverses_id IS NOT NULL AND (
            lines <> (SELECT lines_count FROM ledger_journal WHERE id = NEW.reverses_id)
            OR EXISTS (
                SELECT FROM ledger_journalline back
                LEFT JOIN ledger_journalline forth
                    ON forth.journal_id = NEW.reverses_id AND forth.number = back.number
                WHERE back.journal_id = NEW.id
                AND (back.account_id, back.cost_centre_id, back.supplier_id,
                     back.debit_amount, back.credit_amount)
                    IS DISTINCT FROM
                    (forth.account_id, forth.cost_centre_id, forth.supplier_id,
                     forth.credit_amount, forth.debit_amount)
            )
        ) THEN
            RAISE EXCEPTION 'journal_reverses_every_line: it is not equal and opposite'
                USING ERRCODE = 'check_violation', CONSTRAINT = 'journal_reverses_every_line',
                      TABLE = 'ledger_journal';
        END IF;
        RETURN NULL;
    END
    $$;
    CREATE CONSTRAINT TRIGGER journal_balances AFTER INSERT ON ledger_journal
        DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION journal_balances();
    """,
    "DROP TRIGGER journal_balances ON ledger_journal; DROP FUNCTION journal_balances();",
)

# A journal that was kept is whole, so no line more can be added to it in a later transaction.
_LINES = migrations.RunSQL(
    """
    CREATE FUNCTION journalline_belongs() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    BEGIN
        IF EXISTS (
            SELECT FROM ledger_journal j
            WHERE j.id IN (SELECT journal_id FROM added)
            AND j.lines_count < (SELECT count(*) FROM ledger_journalline l WHERE l.journal_id = j.id)
        ) THEN
            RAISE EXCEPTION 'journalline_not_too_late: its journal is whole already'
                USING ERRCODE = 'check_violation', CONSTRAINT = 'journalline_not_too_late',
                      TABLE = 'ledger_journalline';
        END IF;
        IF EXISTS (
            SELECT FROM added l
            JOIN ledger_journal j ON j.id = l.journal_id
            JOIN ledger_account a ON a.id = l.account_id
            LEFT JOIN ledger_budget b ON b.id = l.budget_id
            WHERE (a.kind = 'expense') <> (b.id IS NOT NULL)
            OR b.financial_year <> j.financial_year
        ) THEN
            RAISE EXCEPTION 'journalline_expense_has_budget: what is spent stands in a budget'
                USING ERRCODE = 'check_violation', CONSTRAINT = 'journalline_expense_has_budget',
                      TABLE = 'ledger_journalline';
        END IF;
        RETURN NULL;
    END
    $$;
    CREATE TRIGGER journalline_belongs AFTER INSERT ON ledger_journalline
        REFERENCING NEW TABLE AS added
        FOR EACH STATEMENT EXECUTE FUNCTION journalline_belongs();
    """,
    "DROP TRIGGER journalline_belongs ON ledger_journalline; DROP FUNCTION journalline_belongs();",
)

# What was posted rests on these, so they stay as they are.
_SETTLED = migrations.RunSQL(
    """
    ALTER TABLE ledger_period ADD CONSTRAINT period_no_day_twice
        EXCLUDE USING gist (council_id WITH =, daterange(starts_on, ends_on, '[]') WITH &&);

    CREATE FUNCTION period_keeps_its_days() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        RAISE EXCEPTION 'period_keeps_its_days: only its status changes'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'period_keeps_its_days',
                  TABLE = 'ledger_period';
    END
    $$;
    CREATE TRIGGER period_keeps_its_days BEFORE UPDATE ON ledger_period FOR EACH ROW
        WHEN ((OLD.council_id, OLD.financial_year, OLD.number, OLD.starts_on, OLD.ends_on)
              IS DISTINCT FROM
              (NEW.council_id, NEW.financial_year, NEW.number, NEW.starts_on, NEW.ends_on))
        EXECUTE FUNCTION period_keeps_its_days();

    CREATE FUNCTION account_keeps_its_kind() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    BEGIN
        IF EXISTS (SELECT FROM ledger_journalline
                   WHERE council_id = OLD.council_id AND account_id = OLD.id) THEN
            RAISE EXCEPTION 'account_keeps_its_kind: % has been posted on', OLD.code
                USING ERRCODE = 'check_violation', CONSTRAINT = 'account_keeps_its_kind',
                      TABLE = 'ledger_account';
        END IF;
        RETURN NEW;
    END
    $$;
    CREATE TRIGGER account_keeps_its_kind BEFORE UPDATE ON ledger_account FOR EACH ROW
        WHEN (OLD.kind <> NEW.kind) EXECUTE FUNCTION account_keeps_its_kind();

    ALTER TABLE ledger_journal ADD CONSTRAINT ledger_journal_day_key
        UNIQUE (id, council_id, dated_on);
    ALTER TABLE ledger_budget ADD CONSTRAINT ledger_budget_coding_key
        UNIQUE (id, council_id, cost_centre_id, account_id);
    """,
    """
    ALTER TABLE ledger_budget DROP CONSTRAINT ledger_budget_coding_key;
    ALTER TABLE ledger_journal DROP CONSTRAINT ledger_journal_day_key;
    DROP TRIGGER account_keeps_its_kind ON ledger_account;
    DROP FUNCTION account_keeps_its_kind();
    DROP TRIGGER period_keeps_its_days ON ledger_period;
    DROP FUNCTION period_keeps_its_days();
    ALTER TABLE ledger_period DROP CONSTRAINT period_no_day_twice;
    """,
)

JOURNALS = [
    _OPEN_PERIOD,
    _BALANCED,
    _LINES,
    _SETTLED,
    # Beyond the tenant: a line has its journal's day, and its budget is that of its coding.
    same_tenant(
        "ledger_journalline",
        "journal_id",
        "ledger_journal",
        {"council_id": "council_id", "dated_on": "dated_on"},
    ),
    same_tenant(
        "ledger_journalline",
        "budget_id",
        "ledger_budget",
        {
            "council_id": "council_id",
            "cost_centre_id": "cost_centre_id",
            "account_id": "account_id",
        },
    ),
]
