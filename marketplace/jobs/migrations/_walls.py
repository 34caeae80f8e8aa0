"""The functions that every wall stands on, and the walls around jobs."""

from django.db import migrations

from marketplace.core.tenancy import FLOOR_FUNCTIONS, row_level_security

# A web process owes jobs for whom it acts, and never reads or changes another's.
JOBS = row_level_security(
    "jobs_job",
    "organisation_id = acting_organisation()",
    added="organisation_id IS NULL OR organisation_id = acting_organisation()",
)

# Three numbers for the operator, which tell nothing of any tenant.
COUNTS = migrations.RunSQL(
    """
    CREATE FUNCTION jobs_counts() RETURNS TABLE (owed bigint, late bigint, parked bigint)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
        SELECT count(*) FILTER (WHERE status = 'OWED'),
               count(*) FILTER (WHERE status = 'OWED'
                                AND coalesce(due_at, owed_at) < now() - interval '1 minute'),
               count(*) FILTER (WHERE status = 'PARKED')
        FROM jobs_job WHERE status <> 'DONE'
    $$;
    """,
    reverse_sql="DROP FUNCTION jobs_counts();",
)

BEFORE = [FLOOR_FUNCTIONS]
WALLS = [JOBS, COUNTS]
