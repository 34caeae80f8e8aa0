"""What the database refuses of events, even to the administrator of the server."""

from __future__ import annotations

import psycopg
import pytest
from django.db import connection

from tests import servers


@pytest.mark.parametrize("sequence", [0, -1])
def test_the_places_of_a_chain_are_counted_from_one(db, sequence):
    admin = servers.admin_url(str(connection.settings_dict["NAME"]))
    with (
        psycopg.connect(admin) as own,
        pytest.raises(psycopg.errors.CheckViolation, match='"event_sequence_counts"'),
    ):
        own.execute(
            "INSERT INTO audit_event (id, chain, sequence, at, verb, subject_type, subject_id,"
            " subject_reference, actor_name, before, after, note, request_id, body, previous_hash,"
            " hash) VALUES (gen_random_uuid(), gen_random_uuid(), %s, now(), 'x', 'x',"
            " gen_random_uuid(), '', '', '{}', '{}', '', '', '{}', '', '')",
            [sequence],
        )
