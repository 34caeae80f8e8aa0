"""The functions that the catalogue's tables stand on, the vocabulary, and the walls."""

from django.db import migrations

from catalogue.cpv import parent_code, significant, vocabulary
from marketplace.core.tenancy import append_only, row_level_security, same_tenant, tenant_key

# Letters with marks are found without them, and the other way round: "purée" by "puree".
MARKED = "ÀÁÂÃÄÅÇÈÉÊËÌÍÎÏÑÒÓÔÕÖØÙÚÛÜÝàáâãäåçèéêëìíîïñòóôõöøùúûüýÿŴŵŶŷŠšŽž"
PLAIN = "AAAAAACEEEEIIIINOOOOOOUUUUYaaaaaaceeeeiiiinoooooouuuuyyWwYySsZz"

# What the parser would take for a tag, an address or a path, and keep whole or drop: "black/white",
# "St.Albans", "<2 m". As blanks they only part words.
PARTING = "<>/.@_~"

# A part number is found as one word without its dashes and dots, and also by its parts.
WORDS = migrations.RunSQL(
    f"""
    CREATE FUNCTION catalogue_plain(p_text text) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
        SELECT CASE WHEN octet_length(p_text) = length(p_text)
                    THEN translate(p_text, '{PARTING}', '{" " * len(PARTING)}')
                    ELSE translate(p_text, '{PARTING}{MARKED}', '{" " * len(PARTING)}{PLAIN}') END
    $$;
    CREATE FUNCTION catalogue_words(
        p_name text, p_brand text, p_part_number text, p_manufacturer_part_number text,
        p_gtin text, p_keywords text, p_description text
    ) RETURNS tsvector LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
        SELECT setweight(to_tsvector('english', public.catalogue_plain(p_name)), 'A')
            || setweight(to_tsvector('english',
                   regexp_replace(p_part_number, '[^A-Za-z0-9]+', '', 'g') || ' ' ||
                   regexp_replace(p_part_number, '[^A-Za-z0-9]+', ' ', 'g') || ' ' ||
                   regexp_replace(p_manufacturer_part_number, '[^A-Za-z0-9]+', '', 'g') || ' ' ||
                   regexp_replace(p_manufacturer_part_number, '[^A-Za-z0-9]+', ' ', 'g') || ' ' ||
                   p_gtin), 'A')
            || setweight(to_tsvector('english', public.catalogue_plain(p_brand || ' ' || p_keywords)), 'B')
            || setweight(to_tsvector('english', public.catalogue_plain(p_description)), 'C')
    $$;
    """,
    reverse_sql="""
    DROP FUNCTION catalogue_words(text, text, text, text, text, text, text);
    DROP FUNCTION catalogue_plain(text);
    """,
)

# Row-level security lets no index over words be used, since `@@` might tell what it saw before the
# wall is checked. So the search asks this function, which runs as the owner, keeps to what the
# acting council is entitled to, and hands out keys and what facets are counted by. The rows
# themselves are then read through the wall like any other.
CANDIDATES = migrations.RunSQL(
    """
    CREATE FUNCTION catalogue_candidates(
        p_query tsquery, p_suppliers uuid[], p_category_from text, p_category_to text,
        p_price_from numeric, p_price_to numeric, p_order text, p_most integer
    ) RETURNS TABLE (
        listing_id uuid, supplier_id uuid, category_id varchar, unit_price numeric, name varchar,
        rank real
    )
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp
    -- Of a common word the first candidates are taken: the same for every page of one search.
    SET synchronize_seqscans = off AS $$
    DECLARE
        entitled uuid[] := ARRAY(
            SELECT l.supplier_id FROM organisations_supplierlink l
            WHERE l.council_id = acting_organisation() AND l.status = 'ACTIVE'
              AND (p_suppliers IS NULL OR l.supplier_id = ANY (p_suppliers)));
        wanted text := 'SELECT l.id, l.supplier_id, l.category_id, l.unit_price, l.name';
    BEGIN
        IF cardinality(entitled) = 0 THEN
            RETURN;
        END IF;
        wanted := wanted || CASE WHEN p_query IS NULL THEN ', 0::real'
            ELSE ', ts_rank(l.search, $1)' END;
        wanted := wanted || ' FROM catalogue_listing l'
            || ' WHERE l.status = ''LIVE'' AND l.supplier_id = ANY ($2)';
        IF p_query IS NOT NULL THEN
            wanted := wanted || ' AND l.search @@ $1';
        END IF;
        IF p_category_from IS NOT NULL THEN
            wanted := wanted || ' AND l.category_id BETWEEN $3 AND $4';
        END IF;
        IF p_price_from IS NOT NULL THEN
            wanted := wanted || ' AND l.unit_price >= $5';
        END IF;
        IF p_price_to IS NOT NULL THEN
            wanted := wanted || ' AND l.unit_price <= $6';
        END IF;
        wanted := wanted || CASE
            WHEN p_query IS NOT NULL THEN ''
            WHEN p_order = 'price' THEN ' ORDER BY l.unit_price, l.id'
            WHEN p_order = 'price-down' THEN ' ORDER BY l.unit_price DESC, l.id DESC'
            ELSE ' ORDER BY l.name, l.id' END;
        RETURN QUERY EXECUTE wanted || ' LIMIT $7'
            USING p_query, entitled, p_category_from, p_category_to, p_price_from, p_price_to,
                  p_most;
    END
    $$;
    """,
    reverse_sql="""
    DROP FUNCTION catalogue_candidates(tsquery, uuid[], text, text, numeric, numeric, text, integer);
    """,
)

# The application owns no table, so what only an owner may do is done by a function of the owner's.
SETTLE = migrations.RunSQL(
    """
    CREATE FUNCTION catalogue_settle_words() RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    BEGIN
        PERFORM gin_clean_pending_list('listing_by_words'::regclass);
        ANALYZE catalogue_listing;
        ANALYZE catalogue_lexeme;
    END
    $$;
    """,
    reverse_sql="DROP FUNCTION catalogue_settle_words();",
)

MINE = "supplier_id = acting_organisation()"
ENTITLED = (
    f"{MINE} OR (status = 'LIVE' AND supplier_id IN ("
    "SELECT k.supplier_id FROM organisations_supplierlink k"
    " WHERE k.council_id = acting_organisation() AND k.status = 'ACTIVE'))"
)
ENTITLED_COUNT = ENTITLED.replace("status = 'LIVE' AND supplier_id IN", "supplier_id IN", 1)


def add_vocabulary(apps, schema_editor):
    """Write the Common Procurement Vocabulary, divisions first."""
    category = apps.get_model("catalogue", "Category")
    entries = sorted(vocabulary().values(), key=lambda entry: (len(significant(entry.code)), entry))
    category.objects.bulk_create(
        [
            category(
                code=entry.code,
                check_digit=entry.check_digit,
                name=entry.name,
                parent_id=parent_code(entry.code),
            )
            for entry in entries
        ],
        batch_size=2000,
    )


BEFORE = [WORDS]
WALLS = [
    migrations.RunPython(add_vocabulary, migrations.RunPython.noop, elidable=False),
    CANDIDATES,
    SETTLE,
    row_level_security("catalogue_listing", ENTITLED, added=MINE, changed=MINE),
    row_level_security("catalogue_pastprice", MINE),
    row_level_security("catalogue_importrun", MINE),
    row_level_security("catalogue_upload", MINE),
    row_level_security("catalogue_uploadprogress", MINE),
    # A supplier's counts are counted anew after each of its price lists.
    row_level_security(
        "catalogue_categorycount", ENTITLED_COUNT, added=MINE, changed=MINE, removed=MINE
    ),
    same_tenant(
        "catalogue_importrun",
        "document_id",
        "documents_document",
        {"supplier_id": "organisation_id"},
    ),
    tenant_key("catalogue_importrun", "supplier_id"),
    tenant_key("catalogue_upload", "supplier_id"),
    same_tenant(
        "catalogue_importrun", "confirms_id", "catalogue_importrun", {"supplier_id": "supplier_id"}
    ),
    same_tenant(
        "catalogue_upload", "run_id", "catalogue_importrun", {"supplier_id": "supplier_id"}
    ),
    same_tenant(
        "catalogue_upload", "confirms_id", "catalogue_importrun", {"supplier_id": "supplier_id"}
    ),
    same_tenant(
        "catalogue_upload",
        "document_id",
        "documents_document",
        {"supplier_id": "organisation_id"},
    ),
    same_tenant(
        "catalogue_upload",
        "sent_by_id",
        "organisations_membership",
        {"supplier_id": "organisation_id"},
    ),
    same_tenant(
        "catalogue_uploadprogress", "upload_id", "catalogue_upload", {"supplier_id": "supplier_id"}
    ),
    append_only("catalogue_pastprice"),
    append_only("catalogue_importrun"),
]
