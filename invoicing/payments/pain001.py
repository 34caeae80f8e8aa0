"""The payment file that goes to a bank, as pain.001.001.09: a payment file in, bytes out.

The same payments make the same bytes, so a file is known by its hash. Before it is handed out it is
held against the official schema, which lies in the wheel of sepaxml; nothing of that package is
imported. Decision 0011.
Source: ISO 20022, CustomerCreditTransferInitiationV09, and its external code sets for GBDSC (sort
codes), BBAN, CINV (invoice) and CREN (credit note).
"""

from __future__ import annotations

import hashlib
from datetime import UTC
from decimal import Decimal
from functools import cache
from importlib.metadata import distribution
from pathlib import Path
from typing import Final

from lxml import etree

from invoicing.payments.accounts import BankAccount
from invoicing.payments.files import (
    LONGEST_REFERENCE,
    Batch,
    ChangedText,
    Paid,
    PaidDocument,
    Payment,
    PaymentFile,
    WrittenFile,
    check_file,
    total,
)
from invoicing.payments.letters import LONGEST_NAME, for_bank
from marketplace.core.xml import read_schema

NAMESPACE: Final = "urn:iso:std:iso:20022:tech:xsd:pain.001.001.09"
_SCHEMA: Final = "sepaxml/schemas/pain.001.001.09.xsd"
LONGEST_NOTE: Final = 140
# Banks carry about nine thousand letters of structured remittance; a document takes some sixty.
MOST_DOCUMENTS: Final = 140
_DOCUMENT_CODES: Final = {Paid.INVOICE: "CINV", Paid.CREDIT_NOTE: "CREN"}


def write_pain001(file: PaymentFile) -> WrittenFile:
    """Return the file for the bank.

    Raises: PaymentFileFaulty.
    """
    check_file(file)
    return _Writer(file).written()


@cache
def schema() -> etree.XMLSchema:
    """Return the official schema, compiled once in a process."""
    return read_schema(Path(str(distribution("sepaxml").locate_file(_SCHEMA))))


class _Writer:
    """One file while it is being written, with the texts that had to be changed."""

    def __init__(self, file: PaymentFile) -> None:
        self._file = file
        self._changed: list[ChangedText] = []
        self._root = etree.Element(f"{{{NAMESPACE}}}Document", nsmap={None: NAMESPACE})  # type: ignore[dict-item]

    def written(self) -> WrittenFile:
        initiation = self._put(self._root, "CstmrCdtTrfInitn")
        self._header(self._put(initiation, "GrpHdr"))
        for place, batch in enumerate(self._file.batches):
            self._batch(self._put(initiation, "PmtInf"), place, batch)
        # It goes out as it was checked, so a fault of ours stops here and not at the bank.
        schema().assertValid(self._root)
        content = etree.tostring(
            self._root, encoding="UTF-8", xml_declaration=True, pretty_print=True
        )
        return WrittenFile(
            content=content,
            sha256=hashlib.sha256(content).hexdigest(),
            count=len(self._file.payments),
            total_amount=total(self._file.payments),
            changed=tuple(self._changed),
        )

    def _put(self, parent: etree._Element, path: str, text: str | None = None) -> etree._Element:
        """Add an element, or one within the other; return the innermost."""
        for name in path.split("/"):
            parent = etree.SubElement(parent, f"{{{NAMESPACE}}}{name}")
        parent.text = text
        return parent

    def _text(self, pointer: str, text: str, most: int) -> str:
        theirs = for_bank(text, most)
        if theirs != text:
            self._changed.append(ChangedText(pointer, text, theirs))
        return theirs

    def _header(self, header: etree._Element) -> None:
        made_at = self._file.made_at.astimezone(UTC).replace(tzinfo=None)
        self._put(header, "MsgId", self._file.message_id)
        self._put(header, "CreDtTm", made_at.isoformat(timespec="seconds") + "Z")
        self._totals(header, self._file.payments)
        name = self._text("initiator", self._file.initiator, LONGEST_NAME)
        self._put(header, "InitgPty/Nm", name)

    def _totals(self, parent: etree._Element, payments: list[Payment]) -> None:
        self._put(parent, "NbOfTxs", str(len(payments)))
        self._put(parent, "CtrlSum", _pounds(total(payments)))

    def _batch(self, parent: etree._Element, place: int, batch: Batch) -> None:
        pointer = f"batches/{place}"
        self._put(parent, "PmtInfId", f"{self._file.message_id}-{place + 1}")
        self._put(parent, "PmtMtd", "TRF")
        self._totals(parent, list(batch.payments))
        if batch.service_level:
            self._put(parent, "PmtTpInf/SvcLvl/Cd", batch.service_level)
        self._put(parent, "ReqdExctnDt/Dt", batch.pay_on.isoformat())
        name = self._text(f"{pointer}/payer", batch.payer.name, LONGEST_NAME)
        self._put(parent, "Dbtr/Nm", name)
        account = self._put(parent, "DbtrAcct")
        self._account(account, batch.payer)
        self._put(account, "Ccy", "GBP")
        self._agent(self._put(parent, "DbtrAgt"), batch.payer)
        for number, payment in enumerate(batch.payments):
            transfer = self._put(parent, "CdtTrfTxInf")
            self._payment(transfer, f"{pointer}/payments/{number}", payment)

    def _payment(self, parent: etree._Element, pointer: str, payment: Payment) -> None:
        self._put(parent, "PmtId/EndToEndId", payment.end_to_end_id)
        self._amount(self._put(parent, "Amt"), "InstdAmt", payment.amount)
        self._agent(self._put(parent, "CdtrAgt"), payment.payee)
        name = self._text(f"{pointer}/payee", payment.payee.name, LONGEST_NAME)
        self._put(parent, "Cdtr/Nm", name)
        self._account(self._put(parent, "CdtrAcct"), payment.payee)
        self._remittance(parent, pointer, payment)

    def _account(self, parent: etree._Element, account: BankAccount) -> None:
        if account.iban:
            self._put(parent, "Id/IBAN", account.compact_iban)
            return
        other = self._put(parent, "Id/Othr")
        self._put(other, "Id", account.number)
        self._put(other, "SchmeNm/Cd", "BBAN")

    def _agent(self, parent: etree._Element, account: BankAccount) -> None:
        member = self._put(parent, "FinInstnId/ClrSysMmbId")
        self._put(member, "ClrSysId/Cd", "GBDSC")
        self._put(member, "MmbId", account.sorting)

    def _amount(self, parent: etree._Element, name: str, amount: Decimal) -> None:
        self._put(parent, name, _pounds(amount)).set("Ccy", "GBP")

    def _remittance(self, parent: etree._Element, pointer: str, payment: Payment) -> None:
        """Say what is paid: each document by its number, or in one line where they do not fit."""
        documents = payment.documents
        if documents and len(documents) <= MOST_DOCUMENTS and all(map(_fits, documents)):
            remittance = self._put(parent, "RmtInf")
            for document in documents:
                self._document(self._put(remittance, "Strd"), document)
            return
        said = ", ".join(document.number for document in documents) or payment.note
        note = self._text(f"{pointer}/documents" if documents else f"{pointer}/note", said,
                          LONGEST_NOTE)  # fmt: skip
        if note:
            self._put(parent, "RmtInf/Ustrd", note)

    def _document(self, parent: etree._Element, document: PaidDocument) -> None:
        referred = self._put(parent, "RfrdDocInf")
        self._put(referred, "Tp/CdOrPrtry/Cd", _DOCUMENT_CODES[document.kind])
        self._put(referred, "Nb", document.number)
        self._put(referred, "RltdDt", document.dated_on.isoformat())
        amounts = self._put(parent, "RfrdDocAmt")
        if document.kind == Paid.CREDIT_NOTE:
            self._amount(amounts, "CdtNoteAmt", document.amount)
        else:
            self._amount(amounts, "DuePyblAmt", document.amount)
            self._amount(amounts, "RmtdAmt", document.amount)


def _fits(document: PaidDocument) -> bool:
    """Tell whether a document's number reaches the supplier as it stands on it."""
    return bool(document.number) and (
        for_bank(document.number, LONGEST_REFERENCE) == document.number
    )


def _pounds(amount: Decimal) -> str:
    return f"{amount:.2f}"
