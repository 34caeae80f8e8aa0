"""The official rules: run by Saxon, shut in, and never in what serves pages."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest
import saxonche

from invoicing.formats import gate, model
from invoicing.formats.gate import open_document
from invoicing.formats.ubl import write_ubl
from invoicing.judging import official
from invoicing.judging.findings import Code, Severity
from tests.architecture.source import ROOT
from tests.core.test_xml import Counting, listener  # noqa: F401
from tests.factories import einvoices
from tests.invoicing.judging.test_totals import CAUGHT


def judged(made: model.Invoice) -> official.Verdict:
    return official.judge_officially(open_document(write_ubl(made)))


class TestVerdicts:
    def test_a_good_invoice_has_no_findings_and_names_the_rules(self):
        verdict = judged(einvoices.invoice())
        assert verdict.findings == ()
        assert verdict.rules_version == "EN16931 1.3.16"

    def test_a_broken_rule_is_named_placed_and_quoted(self):
        made = einvoices.invoice()
        totals = replace(made.totals, payable_amount=made.totals.payable_amount + 1)
        (finding,) = judged(replace(made, totals=totals)).findings
        assert finding.code == "BR-CO-16"
        assert finding.severity is Severity.BLOCK
        assert finding.where.startswith("/Invoice")
        assert "Amount due for payment (BT-115)" in finding.text

    def test_the_other_syntax_has_its_own(self):
        content = f'<r:CrossIndustryInvoice xmlns:r="{gate.cii_parts.NAMESPACE}"/>'.encode()
        verdict = official.judge_officially(open_document(content))
        assert any(each.severity is Severity.BLOCK for each in verdict.findings)
        assert verdict.rules_version

    def test_an_attachment_is_not_handed_over_and_stays_in_the_document(self):
        sheet = model.Attachment(b"%PDF" * 500_000, "application/pdf", "t.pdf")
        made = einvoices.invoice(
            documents=(model.Document(model.Identifier("T"), attachment=sheet),)
        )
        document = open_document(write_ubl(made))
        before = document.root.xpath("string()")
        assert len(official._without_attachments(document.root)) < 100_000
        assert official.judge_officially(document).findings == ()
        assert document.root.xpath("string()") == before

    def test_what_cannot_be_judged_is_never_passed(self, monkeypatch):
        def fail(*_):
            raise official.NotJudged("Saxon stopped")

        monkeypatch.setattr(official, "_run", fail)
        (finding,) = judged(einvoices.invoice()).findings
        assert (finding.code, finding.severity) == (Code.NOT_JUDGED, Severity.BLOCK)

    def test_what_they_let_through_and_we_do_not(self):
        """The reason for a second layer: how many of our cases the official rules pass."""
        passed = {
            name
            for name, (spoil, _code) in CAUGHT.items()
            if not [
                each
                for each in judged(spoil(einvoices.invoice())).findings
                if each.severity is Severity.BLOCK
            ]
        }
        assert passed >= {
            "VAT out by a penny", "VAT out by 50p", "VAT out by 99p", "VAT short by 99p",
            "a line out by a penny", "a line out by two", "950 pounds of rounding",
            "more prepaid than owed", "a line number twice",
        }  # fmt: skip
        assert passed.isdisjoint({"VAT out by two pounds", "payable out by a penny"})


def ran(sheet: str) -> str:
    saxon = official.processor()
    program = saxon.new_xslt30_processor().compile_stylesheet(stylesheet_text=sheet)
    return program.transform_to_string(xdm_node=saxon.parse_xml(xml_text="<a/>"))


class TestSaxonIsShutIn:
    """The gate lets nothing of this kind so far; Saxon refuses it by itself too."""

    @pytest.mark.parametrize(
        "document",
        [
            '<!DOCTYPE a [<!ENTITY x SYSTEM "{}">]><a>&x;</a>',
            '<!DOCTYPE a SYSTEM "{}"><a/>',
            '<!DOCTYPE a [<!ENTITY % x SYSTEM "{}"> %x;]><a/>',
            "<!DOCTYPE a><a/>",
        ],
    )
    def test_no_document_type(self, document, listener, tmp_path):  # noqa: F811
        secret = tmp_path / "secret"
        secret.write_text("the cost centre of the Mayor")
        for where in (listener, secret.as_uri()):
            with pytest.raises(saxonche.PySaxonApiError, match="DOCTYPE is disallowed"):
                official.processor().parse_xml(xml_text=document.format(where))
        assert Counting.asked == 0

    def test_a_rule_that_asks_for_nothing_runs(self):
        sheet = (
            '<xsl:stylesheet version="2.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform">'
            '<xsl:template match="/"><x/></xsl:template></xsl:stylesheet>'
        )
        assert "<x/>" in ran(sheet)

    @pytest.mark.parametrize("call", ["unparsed-text('{}')", "doc('{}')", "document('{}')"])
    def test_no_rule_reads_a_file_or_fetches(self, call, listener, tmp_path):  # noqa: F811
        secret = tmp_path / "secret.xml"
        secret.write_text("<a>the cost centre of the Mayor</a>")
        for where in (listener, secret.as_uri()):
            sheet = (
                '<xsl:stylesheet version="2.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform">'
                f'<xsl:template match="/"><xsl:value-of select="{call.format(where)}"/>'
                "</xsl:template></xsl:stylesheet>"
            )
            with pytest.raises(saxonche.PySaxonApiError, match="prohibited"):
                ran(sheet)
        assert Counting.asked == 0


def test_what_serves_pages_never_loads_saxon():
    """Every address is resolved and every judge but the official one is imported."""
    program = (
        "import sys, django; django.setup();"
        "from django.urls import get_resolver; get_resolver().url_patterns;"
        "import invoicing.judging.totals, invoicing.judging.britain, invoicing.judging.schema,"
        " invoicing.judging.contents, invoicing.judging.wording, invoicing.judging.official;"
        "print('saxonche' in sys.modules, 'facturx' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=ROOT,
        env={
            **os.environ,
            "SECRET_KEY": "x",
            "DATABASE_ROLE": "web",
            "DATABASE_URL": "postgresql:///none",
            "DATABASE_WORKER_URL": "postgresql:///none",
            "DJANGO_SETTINGS_MODULE": "marketplace.config.settings",
        },
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.split() == ["False", "False"]


@pytest.mark.parametrize("room", ["formats", "judging"])
def test_the_lower_rooms_know_nothing_of_django_but_its_languages(room):
    for path in sorted((ROOT / "invoicing" / room).glob("*.py")):
        assert _django(path) <= {"django.utils.translation"}, path.name


def _django(path: Path) -> set[str]:
    tree = ast.parse(path.read_text())
    names = {n.module or "" for n in ast.walk(tree) if isinstance(n, ast.ImportFrom)}
    names |= {a.name for n in ast.walk(tree) if isinstance(n, ast.Import) for a in n.names}
    return {name for name in names if name.split(".")[0] in {"django", "rest_framework"}}


def test_money_below_nought_is_judged_alike():
    made = einvoices.invoice((einvoices.line(1, "-3", "4.995"),))
    assert made.totals.payable_amount < Decimal(0)
    assert judged(made).findings == ()
