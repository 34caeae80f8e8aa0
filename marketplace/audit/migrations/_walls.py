"""The walls around the audit trail: one function may add to it, and nobody may change it.

An organisation adds to its own chain. To another's it adds only what the package of that document
vouches for: for the verb `order.answered` a function `audit_told_order_answered(jsonb)`, made by
ordering's migrations, tells whether the event says what the supplier did to an order of both.
"""

from django.db import migrations

from marketplace.core.tenancy import append_only, row_level_security

APPEND = migrations.RunSQL(
    """
    CREATE FUNCTION audit_append(body text)
    RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    DECLARE
        facts jsonb := body::jsonb;
        whose uuid := (facts->>'chain')::uuid;
        other uuid := (facts->>'counterparty_id')::uuid;
        -- Who calls: within this function current_user is its owner.
        caller name := coalesce(nullif(current_setting('role'), 'none'), session_user);
        trusted boolean := pg_has_role(caller, 'marketplace_steward', 'MEMBER')
                           OR pg_has_role(caller, current_user, 'MEMBER');
        voucher text;
        told boolean;
        place bigint;
        previous bytea;
        this bytea;
    BEGIN
        -- Nobody is neither side: a null beside a null must not pass for the same.
        IF NOT trusted AND NOT coalesce(acting_organisation() IN (whose, other), false) THEN
            RAISE EXCEPTION 'only the two sides of a dealing may add to its trail'
                USING ERRCODE = 'insufficient_privilege';
        END IF;
        IF NOT trusted AND whose IS DISTINCT FROM acting_organisation() THEN
            voucher := 'audit_told_' || translate(coalesce(facts->>'verb', ''), '.-', '__');
            IF to_regprocedure(format('public.%I(jsonb)', voucher)) IS NOT NULL THEN
                EXECUTE format('SELECT public.%I($1)', voucher) INTO told USING facts;
            END IF;
            IF told IS NOT TRUE THEN
                RAISE EXCEPTION 'to another''s trail one adds only what one did to what both share'
                    USING ERRCODE = 'insufficient_privilege';
            END IF;
        END IF;
        INSERT INTO audit_chainhead (chain, sequence, hash)
            VALUES (whose, 0, decode(repeat('00', 32), 'hex')) ON CONFLICT DO NOTHING;
        SELECT sequence, hash INTO place, previous
            FROM audit_chainhead WHERE chain = whose FOR UPDATE;
        place := place + 1;
        this := sha256(previous || convert_to(body, 'UTF8'));
        INSERT INTO audit_event (
            id, chain, sequence, at, verb, subject_type, subject_id, subject_reference, actor_id,
            actor_name, counterparty_id, before, after, note, request_id, body, previous_hash, hash
        ) VALUES (
            (facts->>'id')::uuid, whose, place, (facts->>'at')::timestamptz, facts->>'verb',
            facts->>'subject_type', (facts->>'subject_id')::uuid, facts->>'subject_reference',
            (facts->>'actor_id')::uuid, facts->>'actor_name', other, facts->'before',
            facts->'after', facts->>'note', facts->>'request_id', body, previous, this
        );
        UPDATE audit_chainhead SET sequence = place, hash = this WHERE chain = whose;
        RETURN place;
    END
    $$;
    REVOKE ALL ON audit_event, audit_chainhead
        FROM marketplace_web, marketplace_worker, marketplace_steward;
    GRANT SELECT ON audit_event, audit_chainhead
        TO marketplace_web, marketplace_worker, marketplace_steward;
    """,
    reverse_sql="DROP FUNCTION audit_append(text);",
)

# What somebody may look for in an event, and an index that finds any part of it. It may be used
# behind row-level security only by a function of the owner's, which keeps to what the acting
# organisation may read and hands out keys.
TEXT = "lower(verb || ' ' || subject_reference || ' ' || actor_name || ' ' || note)"
WORDS = migrations.RunSQL(
    f"""
    CREATE INDEX event_by_words ON audit_event USING gin (({TEXT}) gin_trgm_ops);
    CREATE FUNCTION audit_events_with(p_parts text[], p_most integer) RETURNS SETOF uuid
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    DECLARE
        part text;
        wanted text := 'SELECT id FROM audit_event WHERE (chain = $1 OR counterparty_id = $1)';
    BEGIN
        FOREACH part IN ARRAY p_parts LOOP
            wanted := wanted || ' AND ' || $text${TEXT}$text$ || format(' LIKE %L', part);
        END LOOP;
        RETURN QUERY EXECUTE wanted || ' LIMIT $2' USING acting_organisation(), p_most;
    END
    $$;
    """,
    reverse_sql="""
    DROP FUNCTION audit_events_with(text[], integer);
    DROP INDEX event_by_words;
    """,
)

WALLS = [
    row_level_security(
        "audit_event",
        "chain = acting_organisation() OR counterparty_id = acting_organisation()",
        added="false",
        changed="false",
    ),
    row_level_security(
        "audit_chainhead", "chain = acting_organisation()", added="false", changed="false"
    ),
    append_only("audit_event"),
    APPEND,
    WORDS,
]
