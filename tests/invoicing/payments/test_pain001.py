"""The payment file, before our own eyes, the official schema and a stranger's bank."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree
from mockbank.validate import validate

from invoicing.payments.accounts import BankAccount
from invoicing.payments.files import LARGEST_AMOUNT, Paid, PaymentFileFaulty
from invoicing.payments.pain001 import MOST_DOCUMENTS, NAMESPACE, schema, write_pain001
from marketplace.core.xml import parse_xml
from tests.invoicing.payments import making

NAMES = {"p": NAMESPACE}
amounts = st.integers(1, 10**11 - 1).map(lambda pence: Decimal(pence) / 100)


def texts(content, path):
    return [each.text for each in parse_xml(content).iterfind(f".//{path}", NAMES)]


def faults(file):
    with pytest.raises(PaymentFileFaulty) as refused:
        write_pain001(file)
    return [each.pointer for each in refused.value.errors]


class TestWritePain001:
    def test_says_who_pays_whom_how_much_when_and_for_what(self):
        content = write_pain001(making.file()).content
        said = {
            path: texts(content, path)
            for path in (
                "p:MsgId", "p:CreDtTm", "p:GrpHdr/p:NbOfTxs", "p:GrpHdr/p:CtrlSum", "p:PmtInfId",
                "p:ReqdExctnDt/p:Dt", "p:Dbtr/p:Nm", "p:DbtrAcct//p:IBAN",
                "p:DbtrAgt//p:MmbId", "p:EndToEndId", "p:InstdAmt", "p:Cdtr/p:Nm",
                "p:CdtrAcct/p:Id/p:Othr/p:Id", "p:CdtrAgt//p:MmbId", "p:CdtrAgt//p:Cd", "p:Nb",
                "p:RmtdAmt",
            )
        }  # fmt: skip
        assert list(said.values()) == [
            ["RUN-26-000007"], ["2026-11-23T12:00:05Z"], ["1"], ["120.00"], ["RUN-26-000007-1"],
            ["2026-11-26"], ["Castermere City Council"], ["GB33BUKB20201555555555"],
            ["202015"], ["PAY-26-000001"], ["120.00"], ["Chairs Ltd"],
            ["55779911"], ["200000"], ["GBDSC"], ["INV-1"], ["120.00"],
        ]  # fmt: skip
        assert b'<InstdAmt Ccy="GBP">120.00</InstdAmt>' in content

    def test_the_same_payments_make_the_same_bytes(self):
        one, two = write_pain001(making.file()), write_pain001(making.file())
        assert one == two
        other = making.file(making.batch(making.payment(amount="120.01")))
        assert write_pain001(other).sha256 != one.sha256

    def test_batches_have_totals_of_their_own(self):
        later = making.PAY_ON + timedelta(days=1)
        content = write_pain001(
            making.file(
                making.batch(making.payment("A", "1.10"), making.payment("B", "2.20")),
                making.batch(making.payment("C", "3.30"), pay_on=later, service_level="NURG"),
            )
        ).content
        assert texts(content, "p:PmtInf/p:CtrlSum") == ["3.30", "3.30"]
        assert texts(content, "p:NbOfTxs") == ["3", "2", "1"]
        assert texts(content, "p:SvcLvl/p:Cd") == ["NURG"]

    def test_a_credit_note_is_taken_off(self):
        documents = (
            making.document("INV-1", "120.00"), making.document("CN-1", "20.00", Paid.CREDIT_NOTE),
        )  # fmt: skip
        paid = making.payment(amount="100.00", documents=documents)
        content = write_pain001(making.file(making.batch(paid))).content
        assert texts(content, "p:RfrdDocInf//p:Cd") == ["CINV", "CREN"]
        assert texts(content, "p:CdtNoteAmt") == ["20.00"]

    def test_says_which_texts_were_changed(self):
        payee = replace(making.PAYEE, name="Café & Søn")
        written = write_pain001(making.file(making.batch(making.payment(payee=payee))))
        assert [(each.pointer, each.ours, each.theirs) for each in written.changed] == [
            ("batches/0/payments/0/payee", "Café & Søn", "Cafe + Son")
        ]
        assert texts(written.content, "p:Cdtr/p:Nm") == ["Cafe + Son"]

    @pytest.mark.parametrize("number", ["INV&1", "x" * 36, ""])
    def test_a_number_that_does_not_fit_is_said_in_a_line(self, number):
        paid = making.payment(documents=(making.document(number),), note="Chairs")
        written = write_pain001(making.file(making.batch(paid)))
        assert texts(written.content, "p:Nb") == []
        assert texts(written.content, "p:Ustrd") == [number.replace("&", "+") or "Chairs"]

    def test_very_many_documents_are_said_in_a_line(self):
        documents = tuple(making.document(f"INV-{n}", "1.00") for n in range(MOST_DOCUMENTS + 1))
        paid = making.payment(amount=str(len(documents)), documents=documents)
        written = write_pain001(making.file(making.batch(paid)))
        (line,) = texts(written.content, "p:Ustrd")
        assert len(line) <= 140
        assert [each.pointer for each in written.changed] == ["batches/0/payments/0/documents"]

    def test_nothing_is_said_where_there_is_nothing_to_say(self):
        paid = making.payment(documents=())
        assert texts(write_pain001(making.file(making.batch(paid))).content, "p:RmtInf") == []


class TestRefuses:
    @pytest.mark.parametrize(
        ("pointer", "facts"),
        [
            ("amount", {"amount": "0.00"}),
            ("amount", {"amount": "-1.00"}),
            ("amount", {"amount": "0.001"}),
            ("amount", {"amount": str(LARGEST_AMOUNT + 1)}),
            ("amount", {"amount": "NaN", "documents": ()}),
            ("end_to_end_id", {"reference": "PAY/"}),
            ("end_to_end_id", {"reference": "x" * 36}),
            ("payee", {"payee": BankAccount("Chairs Ltd", sort_code="1", account_number="2")}),
            ("documents", {"documents": (making.document(amount="119.99"),)}),
        ],
    )
    def test_a_payment(self, pointer, facts):
        wrong = making.payment(**facts)
        found = faults(making.file(making.batch(making.payment("OTHER"), wrong)))
        assert found == [f"batches/0/payments/1/{pointer}"]

    @pytest.mark.parametrize(
        ("pointer", "facts"),
        [
            ("message_id", {"message_id": "x" * 31}),
            ("message_id", {"message_id": "é"}),
            ("initiator", {"initiator": " "}),
            ("batches", {"batches": ()}),
        ],
    )
    def test_a_file(self, pointer, facts):
        assert faults(replace(making.file(), **facts)) == [pointer]

    @pytest.mark.parametrize(
        ("pointer", "facts"),
        [
            ("batches/0", {"payments": ()}),
            ("batches/0/payer", {"payer": BankAccount("Us")}),
            ("batches/0/service_level", {"service_level": "NURGE"}),
        ],
    )
    def test_a_batch(self, pointer, facts):
        assert faults(making.file(replace(making.batch(), **facts))) == [pointer]

    def test_two_payments_of_one_reference(self):
        one = making.payment()
        assert faults(making.file(making.batch(one, one))) == ["payments"]

    def test_two_batches_of_one_account_and_day(self):
        twice = making.batch(), making.batch(making.payment("OTHER"))
        assert faults(making.file(*twice)) == ["batches/1"]

    def test_an_instant_without_a_time_zone_is_a_mistake_of_ours(self):
        bare = making.file().made_at.replace(tzinfo=None)
        with pytest.raises(ValueError, match="time zone"):
            write_pain001(making.file(made_at=bare))


payments = st.lists(
    st.tuples(amounts, st.text(min_size=1, max_size=90), st.text(max_size=40)), min_size=1,
    max_size=6,
)  # fmt: skip


class TestOutsideJudges:
    @given(payments)
    def test_find_nothing_whatever_is_paid(self, wanted):
        """The official schema, and a bank's front end that somebody else wrote."""
        made = [
            making.payment(
                f"PAY-{place}", amount, payee=replace(making.PAYEE, name=f"Ltd {name}"),
                documents=(making.document(number, amount),),
            )
            for place, (amount, name, number) in enumerate(wanted)
        ]  # fmt: skip
        written = write_pain001(making.file(making.batch(*made)))
        root = parse_xml(written.content)
        schema().assertValid(root)
        assert validate(written.content, today=making.PAY_ON) == []
        assert written.total_amount == sum(amount for amount, _name, _number in wanted)
        assert texts(written.content, "p:GrpHdr/p:CtrlSum") == [f"{written.total_amount:.2f}"]

    @pytest.mark.parametrize(
        ("code", "old", "new"),
        [
            ("AM10", b"<CtrlSum>120.00</CtrlSum>", b"<CtrlSum>120.01</CtrlSum>"),
            ("AM18", b"<NbOfTxs>1</NbOfTxs>", b"<NbOfTxs>2</NbOfTxs>"),
            ("AC01", b"GB33BUKB", b"GB34BUKB"),
            ("AM03", b'InstdAmt Ccy="GBP"', b'InstdAmt Ccy="EUR"'),
        ],
    )
    def test_see_what_is_wrong(self, code, old, new):
        content = write_pain001(making.file()).content
        assert old in content
        found = validate(content.replace(old, new), today=making.PAY_ON)
        assert {each.code for each in found} == {code}

    def test_the_schema_sees_a_missing_element(self):
        root = parse_xml(write_pain001(making.file()).content)
        gone = root.find(".//p:EndToEndId", NAMES)
        gone.getparent().remove(gone)
        with pytest.raises(etree.DocumentInvalid, match="EndToEndId"):
            schema().assertValid(root)
