"""The program that checks a bundle, run as a stranger runs it, on good bundles and on bad ones."""

from __future__ import annotations

import ast
import io
import struct
import zipfile

import pytest

from tests.desk.bundles import making
from tests.desk.bundles.making import KEY, OTHER, PROGRAM, PUBLIC, checked, rewritten, whole


@pytest.fixture(scope="module")
def good():
    return whole()


def swapped(one, two):
    """A change that replaces one text in a file by another."""

    def change(content):
        assert one in content
        return content.replace(one, two, 1)

    return change


def test_a_whole_one_holds(tmp_path, good):
    code, said = checked(tmp_path, good)
    assert (code, said.splitlines()[-1]) == (0, "Everything holds.")
    assert "Northborough Council, 2026-04-01 to 2026-10-31" in said
    assert "Audit trail 7 to 10" in said
    assert making.BEFORE.hex() in said
    assert PUBLIC in said


def test_the_one_in_the_bundle_is_the_same_program(tmp_path, good):
    with zipfile.ZipFile(io.BytesIO(good)) as archive:
        inside = archive.read("verify_bundle.py")
    assert inside == PROGRAM.read_bytes()
    (tmp_path / "own.py").write_bytes(inside)
    assert checked(tmp_path, good, program=tmp_path / "own.py")[0] == 0


def test_is_one_file_for_python_3_9(tmp_path):
    text = PROGRAM.read_text()
    tree = ast.parse(text, feature_version=(3, 9))
    from_outside = {
        alias.name.partition(".")[0]
        for node in ast.walk(tree)
        if isinstance(node, ast.Import)
        for alias in node.names
    }
    assert from_outside <= {"argparse", "csv", "hashlib", "io", "json", "re", "struct",
                            "sys", "zipfile", "zlib"}  # fmt: skip
    assert "strict=" not in text  # of zip(), from 3.10


def remarked(content):
    file = io.BytesIO(content)
    with zipfile.ZipFile(file, "a") as archive:
        archive.comment = b"Pay 12-34-56 instead."
    return file.getvalue()


@pytest.mark.parametrize(
    "change",
    [remarked, lambda content: b"#!/bin/sh\n" + content, lambda content: content + b"PK"],
    ids=["remark", "before", "behind"],
)
def test_nothing_stands_in_it_beside_its_files(tmp_path, good, change):
    code, said = checked(tmp_path, change(good))
    assert code == 1
    assert "beside its files" in said or "not a whole ZIP" in said


@pytest.mark.parametrize("council", [None, [], "x", {"name": "\x1b[2J\x1b[HEverything holds."}])
def test_a_manifest_of_any_shape_ends_in_words(tmp_path, council):
    code, said = checked(tmp_path, whole(council=council))
    assert code in (0, 1)
    assert "Traceback" not in said
    assert "\x1b" not in said


def test_rows_nested_without_end_end_in_words(tmp_path, good):
    deep = {"jsonl/payments.jsonl": lambda _rows: b"[" * 100_000 + b"]" * 100_000 + b"\n"}
    code, said = checked(tmp_path, rewritten(good, change=deep, key=KEY))
    assert (code, "RecursionError" in said) == (1, True)


def test_without_a_key_it_may_be_anybodys(tmp_path, good):
    forged = whole(key=OTHER)
    for bundle in (good, forged):
        code, said = checked(tmp_path, bundle, "--")
        assert code == 3
        assert "you gave no key" in said


def test_a_key_that_is_none_is_asked_for_again(tmp_path, good):
    code, said = checked(tmp_path, good, "--key", "abc")
    assert code == 2
    assert "A public key has 64" in said


def test_nothing_in_the_period_holds_too(tmp_path):
    chain = {"first_sequence": 0, "last_sequence": 0, "hash_before": "", "hash_at_end": ""}
    code, _said = checked(tmp_path, whole(events=[], chain=chain))
    assert code == 0


# What somebody without the key can do to a bundle: the change, and the words that it must earn.
CHANGED = {
    "a byte of the manifest": ({"change": {"manifest.json": swapped(b"Northborough", b"Southb")}},
                               "the manifest is not what was signed"),
    "the signature": ({"change": {"signature": lambda text: text[::-1]}}, "signature"),
    "no signature": ({"drop": ["signature"]}, "There is no file signature in it"),
    "no manifest": ({"drop": ["manifest.json"]}, "There is no file manifest.json in it"),
    "a manifest that is none": ({"change": {"manifest.json": lambda _text: b"[1,2"}},
                                "cannot be read"),
    "a swapped amount": (
        {"change": {"jsonl/journal_lines.jsonl": swapped(b'"100"', b'"900"')}},
        "jsonl/journal_lines.jsonl was changed: its SHA-256",
    ),
    "a byte of a table": ({"change": {"csv/payments.csv": swapped(b"E1", b"E2")}},
                          "csv/payments.csv was changed: its SHA-256"),
    "a dropped event": (
        {"change": {"jsonl/events.jsonl": lambda text: text.partition(b"\n")[2]}},
        "jsonl/events.jsonl was changed: it has not the size",
    ),
    "a byte of an original": (
        {"change": {f"originals/{making.hashlib.sha256(b'<Invoice/>').hexdigest()}.xml":
                    swapped(b"Invoice", b"Invoicf")}},
        ".xml was changed: its SHA-256",
    ),
    "the program inside": ({"change": {"verify_bundle.py": swapped(b"return 1", b"return 0")}},
                           "verify_bundle.py was changed"),
    "a dropped file": ({"drop": ["csv/journals.csv"]}, "csv/journals.csv is missing"),
    "an added file": ({"add": {"jsonl/more.jsonl": b"{}"}}, "jsonl/more.jsonl was added"),
}  # fmt: skip


@pytest.mark.parametrize(("deed", "words"), CHANGED.values(), ids=CHANGED)
def test_whatever_is_changed_without_the_key_is_seen(tmp_path, good, deed, words):
    code, said = checked(tmp_path, rewritten(good, **deed))
    assert code == 1
    assert words in said
    assert said.rstrip().endswith("This bundle does not hold.")


def test_a_forgers_own_signature_is_not_the_marketplaces(tmp_path, good):
    forged = rewritten(
        good, key=OTHER,
        change={"jsonl/journal_lines.jsonl": swapped(b'"100"', b'"900"')},
    )  # fmt: skip
    code, said = checked(tmp_path, forged)
    assert code == 1
    assert (
        f"signed by another key than yours: {OTHER.public_key().public_bytes_raw().hex()}" in said
    )


# What even the holder of the key cannot do without being seen.
INSIDE = {
    "an amount": (
        {"change": {"jsonl/journal_lines.jsonl": swapped(b'"100"', b'"900"')}},
        ["Journal J26-000001 does not balance", "debit_amount comes to 1100"],
    ),
    "a line less": (
        {"change": {"jsonl/journal_lines.jsonl": lambda text: text.partition(b"\n")[2]}},
        ["Journal J26-000001 does not balance, or lacks a line", "has 3 rows; 4 were counted"],
    ),
    "a journal less": (
        {"change": {"jsonl/journals.jsonl": lambda text: text.partition(b"\n")[2]}},
        ["Lines of the journal j1 are there, and it is not"],
    ),
    "a payment": (
        {"change": {"jsonl/payments.jsonl": swapped(b'"70"', b'"71"')}},
        ["Payment E1 is not what it pays for", "Payment run PR-1 is not what its payments"],
    ),
    "an event less": (
        {"change": {"jsonl/events.jsonl": lambda text: b"\n".join(
            line for place, line in enumerate(text.splitlines()) if place != 1) + b"\n"}},
        ["Event 8 of the audit trail is missing"],
    ),
    "the last event less": (
        {"change": {"jsonl/events.jsonl": lambda text: b"\n".join(text.splitlines()[:-1])}},
        ["does not end as the manifest says"],
    ),
    "the words of an event": (
        {"change": {"jsonl/events.jsonl": swapped("ä".encode(), b"oe")}},
        ["Event 7: its words were changed"],
    ),
    "the words of another's event": (
        {"change": {"jsonl/events_of_others.jsonl": swapped("ä".encode(), b"oe")}},
        ["An event of another organisation was changed"],
    ),
    "a row of a table": (
        {"change": {"csv/events.csv": lambda text: b"\n".join(text.splitlines()[:-1])}},
        ["csv/events.csv has 3 rows; 4 were counted"],
    ),
    "a line that is no JSON": (
        {"change": {"jsonl/journals.jsonl": lambda text: b"{" + text}}, ["cannot be read"],
    ),
}  # fmt: skip


@pytest.mark.parametrize(("deed", "words"), INSIDE.values(), ids=INSIDE)
def test_what_does_not_agree_with_itself_is_seen_whoever_signed(tmp_path, good, deed, words):
    code, said = checked(tmp_path, rewritten(good, key=KEY, **deed))
    assert code == 1
    for each in words:
        assert each in said


def test_events_of_another_chain_do_not_stand_on_this_one(tmp_path):
    said = making.events()
    said[2]["previous_hash"] = "00" * 32
    code, words = checked(tmp_path, whole(events=said))
    assert code == 1
    assert "Event 9 does not stand on the one before it" in words


def test_an_original_that_is_named_and_not_there_is_missed(tmp_path):
    code, said = checked(tmp_path, whole(original=False))
    assert code == 1
    assert "The original of invoice.xml" in said


def test_an_original_under_another_name_is_seen(tmp_path, good):
    bundle = rewritten(good, key=KEY, add={"originals/0000.xml": b"<Other/>"})
    assert "is not called by its own SHA-256" in checked(tmp_path, bundle)[1]


class TestWhatIsNoBundle:
    @pytest.mark.parametrize("part", [0, 1, 100, -1, -30])
    def test_a_file_that_was_cut_short(self, tmp_path, good, part):
        code, said = checked(tmp_path, good[:part])
        assert code == 1
        assert "not a whole ZIP" in said

    def test_a_file_that_is_not_there(self, tmp_path):
        assert checked(tmp_path, b"", "--key", PUBLIC, program=PROGRAM)[0] == 1
        (tmp_path / "bundle.zip").unlink()
        done = making.subprocess.run(
            [making.sys.executable, "-I", "-S", str(PROGRAM), str(tmp_path / "none.zip")],
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 1
        assert "cannot be read" in done.stdout

    @pytest.mark.parametrize(
        "name",
        ["../evil.txt", "/etc/passwd", "a/../../b", "C:\\evil", "a\\b", ".ssh", "a//b", "a\nb"],
    )
    def test_names_that_lead_elsewhere(self, tmp_path, good, name):
        code, said = checked(tmp_path, rewritten(good, add={name: b"x"}))
        assert code == 1
        assert "a name that leads elsewhere. Nothing in it was opened" in said
        assert [each.name for each in tmp_path.iterdir()] == ["bundle.zip"]

    def test_a_name_that_stands_in_it_twice(self, tmp_path, good):
        file = io.BytesIO(good)
        with zipfile.ZipFile(file, "a") as archive, pytest.warns(UserWarning, match="Duplicate"):
            archive.writestr("README.txt", b"other words")
        assert "stands in it twice" in checked(tmp_path, file.getvalue())[1]

    def test_a_bomb_is_not_opened(self, tmp_path, good):
        """A manifest of 40 MB in 40 kB, and another that says 17 GB."""
        large = rewritten(good, change={"manifest.json": lambda _text: b" " * 40_000_000})
        assert len(large) < 100_000
        code, said = checked(tmp_path, large)
        assert code == 1
        assert "larger than any that we make. It was not opened" in said
        place = good.index(b"PK\x01\x02")
        huge = bytearray(good)
        for _ in range(8):  # the sizes in the list at the end, file by file
            huge[place + 24 : place + 28] = struct.pack("<I", 0xFFFFFF00)
            place = good.index(b"PK\x01\x02", place + 4)
        assert "unpack to more than any bundle of ours" in checked(tmp_path, bytes(huge))[1]

    def test_what_says_it_is_smaller_than_it_is(self, tmp_path, good):
        """A file is read no further than its entry says, and the entry says what was signed."""
        bundle = rewritten(good, change={"csv/events.csv": lambda text: text + b"0" * 50_000_000})
        code, said = checked(tmp_path, bundle)
        assert code == 1
        assert "csv/events.csv was changed: it has not the size" in said

    def test_what_is_locked_with_a_password(self, tmp_path, good):
        place = good.index(b"PK\x01\x02") + 8
        locked = bytearray(good)
        locked[place] |= 1
        assert "packed as we never pack" in checked(tmp_path, bytes(locked))[1]

    def test_a_bundle_of_another_version(self, tmp_path, good):
        other = rewritten(
            good, change={"manifest.json": swapped(b'"version": 1', b'"version": 2')}, key=KEY
        )
        assert "another kind or version" in checked(tmp_path, other)[1]
