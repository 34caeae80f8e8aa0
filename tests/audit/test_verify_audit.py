"""Whoever changes the trail in the database itself is found out."""

import io
import json
import os
import re

import psycopg
import pytest
from django.core.management import CommandError, call_command

from marketplace.audit.canonical import GENESIS, chained
from marketplace.audit.selectors import chain_verdict
from marketplace.core.actors import Role
from marketplace.core.tenancy import stewardship, tenant
from marketplace.organisations.models import Organisation
from tests.factories.audit import write
from tests.factories.organisations import council, person

TAMPERINGS = {
    "change a note": "UPDATE audit_event SET note = 'nothing to see' WHERE sequence = 4",
    "change the words and the copy": (
        'UPDATE audit_event SET note = \'x\', body = replace(body, \'"note":""\', \'"note":"x"\')'
        " WHERE sequence = 4"
    ),
    "change who did it": "UPDATE audit_event SET actor_name = 'Somebody else' WHERE sequence = 2",
    "change what it was": 'UPDATE audit_event SET after = \'{"name": "Else"}\' WHERE sequence = 2',
    "change when": "UPDATE audit_event SET at = at - interval '1 day' WHERE sequence = 2",
    "change what it is about": (
        "UPDATE audit_event SET subject_id = gen_random_uuid() WHERE sequence = 3"
    ),
    "change a hash": "UPDATE audit_event SET hash = sha256('x') WHERE sequence = 4",
    "recompute one hash after a change": (
        "UPDATE audit_event SET body = replace(body, 'New 3', 'New 9'),"
        ' after = \'{"name": "New 9"}\','
        " hash = sha256(previous_hash || convert_to(replace(body, 'New 3', 'New 9'), 'UTF8'))"
        " WHERE sequence = 4"
    ),
    "delete one": "DELETE FROM audit_event WHERE sequence = 4",
    "delete the first": "DELETE FROM audit_event WHERE sequence = 1",
    "delete the last": "DELETE FROM audit_event WHERE sequence = 8",
    "delete the last and set the end back": (
        "DELETE FROM audit_event WHERE sequence = 8;UPDATE audit_chainhead SET sequence = 7"
    ),
    "insert one at the end": (
        "INSERT INTO audit_event (id, chain, sequence, at, verb, subject_type, subject_id,"
        " subject_reference, actor_id, actor_name, counterparty_id, before, after, note,"
        " request_id, body, previous_hash, hash)"
        " SELECT gen_random_uuid(), chain, 9, at, verb, subject_type,"
        " subject_id, subject_reference, actor_id, actor_name, counterparty_id, before, after,"
        " note, request_id, body, hash, sha256(hash || convert_to(body, 'UTF8')) FROM audit_event"
        " WHERE sequence = 8"
    ),
    "swap two": (
        "UPDATE audit_event SET sequence = 100 WHERE sequence = 3;"
        "UPDATE audit_event SET sequence = 3 WHERE sequence = 4;"
        "UPDATE audit_event SET sequence = 4 WHERE sequence = 100"
    ),
    "swap the contents of two": (
        "UPDATE audit_event a SET body = b.body, note = b.note, after = b.after, id = a.id"
        " FROM audit_event b WHERE a.sequence IN (3, 4) AND b.sequence = 7 - a.sequence"
        " AND b.chain = a.chain"
    ),
    "remove the end": "DELETE FROM audit_chainhead",
    "truncate": "TRUNCATE audit_event",
}


def made_chain(at):
    """Return the key of a council whose chain has eight events."""
    home = council()
    with tenant(home.pk):
        write(home, at, 8)
    return home.pk


@pytest.fixture
def chain(fresh_db, at):
    """A committed chain of eight events, the only one."""
    return made_chain(at)


def tamper(chain, statements):
    """Do it as the tables' owner with the triggers switched off, to one chain alone."""
    with psycopg.connect(os.environ["DATABASE_OWNER_URL"], autocommit=True) as connection:
        connection.execute("ALTER TABLE audit_event DISABLE TRIGGER USER")
        for statement in statements.split(";"):
            confined = re.sub(
                r"WHERE (a\.)?sequence", rf"WHERE \1chain = '{chain}' AND \1sequence", statement
            )
            if confined == statement and "TRUNCATE" not in statement:
                confined = f"{statement} WHERE chain = '{chain}'"
            done = connection.execute(confined)
            assert done.rowcount != 0, confined
        connection.execute("ALTER TABLE audit_event ENABLE TRIGGER USER")


def write_anew(chain):
    """Write a chain anew from its start with another first event, every hash and the end right."""
    with psycopg.connect(os.environ["DATABASE_OWNER_URL"]) as connection:
        connection.execute("ALTER TABLE audit_event DISABLE TRIGGER USER")
        rows = connection.execute(
            "SELECT id, body FROM audit_event WHERE chain = %s ORDER BY sequence", [chain]
        ).fetchall()
        previous = GENESIS
        for key, body in rows:
            other = body.replace("New 0", "New 9")
            after = json.dumps(json.loads(other)["after"])
            this = chained(previous, other)
            connection.execute(
                "UPDATE audit_event SET body = %s, after = %s, previous_hash = %s, hash = %s"
                " WHERE id = %s",
                [other, after, previous, this, key],
            )
            previous = this
        connection.execute(
            "UPDATE audit_chainhead SET hash = %s WHERE chain = %s", [previous, chain]
        )
        connection.execute("ALTER TABLE audit_event ENABLE TRIGGER USER")


class TestChainVerdict:
    def test_finds_whoever_tampers(self, fresh_db, at):
        """Every kind of tampering, each on a chain of its own; TRUNCATE, which hits all, last."""
        chains = {how: made_chain(at) for how in TAMPERINGS}
        with stewardship():
            assert all(chain_verdict(each).breaks == () for each in chains.values())
        unseen = []
        for how, statements in TAMPERINGS.items():
            tamper(chains[how], statements)
            with stewardship():
                if not chain_verdict(chains[how]).breaks:
                    unseen.append(how)
        assert unseen == []

    def test_the_owner_needs_to_switch_the_triggers_off(self, chain):
        with psycopg.connect(os.environ["DATABASE_OWNER_URL"]) as connection:
            for deed in ("UPDATE audit_event SET note = 'x'", "TRUNCATE audit_event"):
                with pytest.raises(psycopg.errors.IntegrityConstraintViolation):
                    connection.execute(deed)
                connection.rollback()


class TestCommand:
    def run(self, *options):
        out = io.StringIO()
        call_command("verify_audit", *options, stdout=out)
        return out.getvalue()

    def test_says_that_all_is_whole(self, chain):
        text = self.run()
        assert "whole" in text
        assert "1 chains, 8 events." in text

    def test_answers_in_json_for_one_chain(self, chain):
        answer = json.loads(self.run("--json", "--chain", str(chain)))
        assert answer["whole"] is True
        assert answer["chains"][0]["events"] == 8

    def test_takes_a_council_by_its_name_or_its_short_name(self, chain):
        with stewardship():
            kept = Organisation.objects.get(pk=chain)
        for name in (kept.name, kept.slug.upper(), f" {kept.slug} "):
            answer = json.loads(self.run("--json", "--chain", name))
            assert [each["chain"] for each in answer["chains"]] == [str(chain)]

    def test_names_those_that_there_are_when_it_is_wrong(self, chain):
        with stewardship():
            kept = Organisation.objects.get(pk=chain)
        with pytest.raises(CommandError) as refused:
            self.run("--chain", "Nowhere")
        assert "“Nowhere” is no organisation with a trail" in str(refused.value)
        assert f"{kept.slug}  ({kept.name})" in str(refused.value)

    def test_a_chain_written_wholly_anew_shows_beside_an_end_kept_elsewhere(self, chain, tmp_path):
        kept = tmp_path / "ends.json"
        kept.write_text(self.run("--json"))
        assert self.run("--published", str(kept))
        write_anew(chain)
        assert "whole" in self.run()
        with pytest.raises(CommandError):
            self.run("--published", str(kept))

    @pytest.fixture
    def gone(self, chain, at, tmp_path):
        """The ends as they were kept elsewhere before one of two chains was taken away."""
        made_chain(at)
        kept = tmp_path / "ends.json"
        kept.write_text(self.run("--json"))
        tamper(chain, "DELETE FROM audit_event; DELETE FROM audit_chainhead")
        return kept

    def test_a_chain_that_is_wholly_gone_shows_beside_an_end_kept_elsewhere(self, chain, gone):
        out = io.StringIO()
        with pytest.raises(CommandError):
            call_command("verify_audit", "--published", str(gone), stdout=out)
        assert f"{chain}          0 events  broken" in out.getvalue()

    def test_a_chain_that_is_wholly_gone_shows_when_it_is_asked_for(self, chain, gone):
        with pytest.raises(CommandError):
            self.run("--chain", str(chain))

    @pytest.mark.usefixtures("gone")
    def test_a_chain_that_is_wholly_gone_shows_where_people_are(self, chain):
        assert "1 chains" in self.run()
        person(Organisation.objects.get(pk=chain), Role.AUDITOR)
        with pytest.raises(CommandError):
            self.run()

    def test_refuses_a_file_that_is_something_else(self, chain, tmp_path):
        kept = tmp_path / "ends.json"
        kept.write_text("[]")
        with pytest.raises(CommandError, match="not an earlier answer"):
            self.run("--published", str(kept))

    def test_fails_with_1_on_a_break(self, chain):
        tamper(chain, TAMPERINGS["delete one"])
        with pytest.raises(CommandError) as failure:
            self.run()
        assert failure.value.returncode == 1
