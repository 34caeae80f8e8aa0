"""Sending and reading invoices, for programs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NoReturn
from uuid import UUID

from django.core.files.uploadedfile import SimpleUploadedFile, UploadedFile
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.parsers import BaseParser, MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from invoicing.formats.gate import FileTooLarge
from invoicing.intake.selectors import (
    arrival,
    invoice_id_of,
    invoice_page,
    invoices_found,
    invoices_from,
    invoices_of,
)
from invoicing.intake.services.arrivals import SendingNotAllowed, take_invoice
from invoicing.matching.told import Told
from invoicing.models import Arrival, Choice, Invoice, InvoiceLine, InvoiceTax
from invoicing.states import ArrivalStatus, Channel, InvoiceStatus
from marketplace.core.actors import Actor, OrganisationKind
from marketplace.core.errors import Invalid, Missing
from marketplace.web.actors import actor
from marketplace.web.api import Input, Operation
from marketplace.web.etags import etag
from marketplace.web.openapi import described

READERS = (
    "requester", "buyer", "approver", "receiver", "finance", "payments", "auditor",
    "administrator", "supplier",
)  # fmt: skip
READ, WRITE = "invoices:read", "invoices:write"
_ID = "019dc1f2-6c1b-7c5e-9d1c-0d6a4a3f5b30"
_EXAMPLE = {
    "id": _ID,
    "number": "INV-1001",
    "kind": "INVOICE",
    "status": "HELD",
    "council": "Castermere City Council",
    "supplier": "Quillmoor Office Supplies",
    "order_id": _ID,
    "order_number": "PO-26-000012",
    "issued_on": "2026-11-20",
    "due_on": "2026-12-20",
    "received_at": "2026-11-23T12:00:00Z",
    "pay_by_on": "2026-12-23",
    "paid_on": None,
    "currency": "GBP",
    "net_amount": "159.00",
    "vat_amount": "31.80",
    "gross_amount": "190.80",
    "payable_amount": "190.80",
}
_ARRIVAL_EXAMPLE = {
    "id": _ID,
    "name": "INV-1001.xml",
    "status": "WAITS",
    "sha256": "9e107d9d372bb6826bd81d3542a419d6e8b1c3f0a7d2459cb0f1e6d7a8c9b0d1",
    "received_at": "2026-11-23T12:00:00Z",
    "refusal_code": "",
    "refusal_detail": "",
    "invoice_id": None,
}


class InvoiceFileRefused(Invalid):
    """What was sent is no invoice that can be read; it is kept as evidence all the same."""

    code = "invoice.file-refused"
    title = gettext_lazy("No invoice can be read of this file.")
    advice = gettext_lazy("Mend what the answer names, and send the file again.")


class XmlParser(BaseParser):
    """A body that is the invoice itself."""

    media_type = "application/xml"

    def parse(
        self,
        stream: Any,  # noqa: ANN401  # DRF's own signature
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> dict[str, SimpleUploadedFile]:
        """Return the body as a file."""
        return {"file": SimpleUploadedFile("invoice.xml", stream.read())}


class InvoiceSummary(serializers.ModelSerializer[Invoice]):
    """An invoice or a credit note."""

    council = serializers.CharField(source="council.name")
    supplier = serializers.SerializerMethodField(help_text="Null while nobody knows whose it is.")
    order_number = serializers.SerializerMethodField()

    class Meta:
        model = Invoice
        fields: tuple[str, ...] = (
            "id", "number", "kind", "status", "council", "supplier", "order_id", "order_number",
            "issued_on", "due_on", "received_at", "pay_by_on", "paid_on", "currency", "net_amount",
            "vat_amount", "gross_amount", "payable_amount",
        )  # fmt: skip
        read_only_fields: tuple[str, ...] = fields

    def get_supplier(self, invoice: Invoice) -> str | None:
        """Return whose it is."""
        return invoice.supplier.name if invoice.supplier else None

    def get_order_number(self, invoice: Invoice) -> str | None:
        """Return the number of the order that it was recognised to bill."""
        return invoice.order.number if invoice.order else None


class InvoiceDetail(InvoiceSummary):
    """An invoice with its lines, its VAT, and what was found in it."""

    class Line(serializers.ModelSerializer[InvoiceLine]):
        """One line, as its supplier wrote it."""

        class Meta:
            model = InvoiceLine
            fields = (
                "place", "number", "name", "part_number", "order_line_reference", "unit",
                "quantity", "unit_price", "net_amount", "vat_category", "vat_rate_percent",
            )  # fmt: skip
            read_only_fields = fields

    class Tax(serializers.ModelSerializer[InvoiceTax]):
        """VAT at one rate, as its supplier stated it."""

        class Meta:
            model = InvoiceTax
            fields = ("place", "category", "rate_percent", "taxable_amount", "tax_amount")
            read_only_fields = fields

    class Found(serializers.Serializer[Told]):
        """One thing that was found; what is open and no note keeps it from being paid."""

        id = serializers.UUIDField(source="finding.id")
        source = serializers.CharField(source="finding.source")  # type: ignore[assignment]  # so named
        code = serializers.CharField(source="finding.code")
        severity = serializers.ChoiceField(["BLOCK", "HOLD", "NOTE"], source="finding.severity")
        place = serializers.IntegerField(
            source="finding.place", allow_null=True, help_text="The line, counted from 1."
        )
        owner = serializers.CharField(source="finding.owner", help_text="The role it waits for.")
        closed = serializers.CharField(source="finding.closed", help_text="RELEASED, or empty.")
        said = serializers.CharField()
        advice = serializers.CharField()

    class Chosen(serializers.Serializer[Choice]):
        """What somebody of the council said: the order, or which line of it a line means."""

        place = serializers.IntegerField(
            source="invoice_line.place",
            default=None,
            allow_null=True,
            help_text="The line, counted from 1; null for the order of the whole.",
        )
        order_number = serializers.CharField(source="order.number", default=None, allow_null=True)
        order_line_number = serializers.IntegerField(
            source="order_line.line_number", default=None, allow_null=True
        )
        is_on_no_line = serializers.BooleanField()
        by_name = serializers.CharField()
        at = serializers.DateTimeField()

    lines = Line(many=True, source="shown.lines")
    taxes = Tax(many=True, source="shown.taxes")
    findings = Found(many=True, source="shown.told")
    choices = Chosen(
        many=True,
        source="shown.said",
        help_text="The council’s own; a supplier has none.",
    )

    class Meta(InvoiceSummary.Meta):
        fields = (
            *InvoiceSummary.Meta.fields,
            "sent_back_reason",
            "lines",
            "taxes",
            "findings",
            "choices",
        )
        read_only_fields = fields


class ArrivalOutput(serializers.Serializer[Arrival]):
    """A file that was sent, and what became of it."""

    id = serializers.UUIDField()
    name = serializers.CharField()
    status = serializers.ChoiceField([each.value for each in ArrivalStatus])
    sha256 = serializers.CharField()
    received_at = serializers.DateTimeField()
    refusal_code = serializers.CharField()
    refusal_detail = serializers.CharField()
    invoice_id = serializers.SerializerMethodField(help_text="Once it has been read.")

    def get_invoice_id(self, found: Arrival) -> str | None:
        """Return the key of its invoice."""
        key: UUID | None = self.context.get("invoice_id")
        return str(key) if key else None


class InvoiceList(Operation):
    """Invoices, from either side."""

    access = READERS
    writers = ("finance", "supplier")
    scope = {"GET": READ, "POST": WRITE}
    parser_classes = [XmlParser, MultiPartParser]

    class Query(Input):
        """Which to list."""

        status = serializers.ChoiceField([each.value for each in InvoiceStatus], required=False)
        words = serializers.CharField(
            max_length=100, required=False, help_text="Number, order, council or supplier."
        )

    class Sent(Input):
        """For whom a file is, and from whom."""

        council = serializers.UUIDField(
            required=False, help_text="A supplier says which council it is for."
        )
        supplier = serializers.UUIDField(
            required=False, help_text="A council may say who sent it; else the invoice does."
        )
        name = serializers.CharField(max_length=200, required=False)

    class Upload(serializers.Serializer[Any]):
        """A form with the invoice as `file`; or send the XML itself as application/xml."""

        file = serializers.FileField()

    @described("List invoices", answers=InvoiceSummary, asks=Query, is_list=True, example=_EXAMPLE)
    def get(self, request: Request) -> Response:
        """List invoices, latest first: a council's own, or those that a supplier sent."""
        reader = actor(request)
        mine = invoices_from if reader.kind == OrganisationKind.SUPPLIER else invoices_of
        rows = mine(reader).select_related("council", "supplier", "order")
        return self.page(
            invoices_found(rows, **self.asked(self.Query)), InvoiceSummary, keys=("-id",)
        )

    @described(
        "Send an invoice",
        answers=ArrivalOutput,
        takes=Upload,
        asks=Sent,
        status=202,
        refusals=(SendingNotAllowed, InvoiceFileRefused, FileTooLarge, Missing),
        example=_ARRIVAL_EXAMPLE,
    )
    def post(self, request: Request) -> Response:
        """Send an electronic invoice in UBL 2.1 or CII D16B; it is read after the answer.

        Sent again, the same file is kept beside the first and goes no further, so it may be sent
        again when an answer is lost. What cannot be read is kept too, and refused.
        """
        sender = actor(request)
        asked = self.asked(self.Sent)
        sent = request.data.get("file") if isinstance(request.data, Mapping) else None
        if not isinstance(sent, UploadedFile):
            raise ValidationError({"file": [_("Send the invoice as a file.")]})
        if len(request.FILES.getlist("file")) > 1:
            raise ValidationError({"file": [_("Send one file only.")]})
        council_id, supplier_id = _sides(sender, asked)
        taken = take_invoice(
            council_id=council_id,
            sender=sender,
            supplier_id=supplier_id,
            name=asked.get("name") or sent.name or "invoice.xml",
            content=sent.read(),
            channel=Channel.API,
            at=timezone.now(),
        )
        if taken.status == ArrivalStatus.REFUSED:
            _refuse(taken)
        return Response(ArrivalOutput(taken).data, status=202)


def _sides(sender: Actor, asked: dict[str, Any]) -> tuple[UUID, UUID | None]:
    """Return for which council a file is and from which supplier.

    Raises: ValidationError where a supplier does not say for whom.
    """
    if sender.kind == OrganisationKind.COUNCIL:
        return asked.get("council", sender.organisation_id), asked.get("supplier")
    if "council" not in asked:
        raise ValidationError({"council": [_("Say which council the invoice is for.")]})
    return asked["council"], asked.get("supplier", sender.organisation_id)


def _refuse(taken: Arrival) -> NoReturn:
    raise InvoiceFileRefused(
        taken.refusal_detail, arrival_id=str(taken.pk), reason=taken.refusal_code
    )


class InvoiceOne(Operation):
    """One invoice."""

    access = READERS
    scope = READ

    @described(
        "Read an invoice",
        answers=InvoiceDetail,
        is_versioned=True,
        example={
            **_EXAMPLE,
            "sent_back_reason": "",
            "lines": [],
            "taxes": [],
            "choices": [],
            "findings": [
                {
                    "id": _ID,
                    "source": "MATCH",
                    "code": "BEYOND_RECEIVED",
                    "severity": "HOLD",
                    "place": 1,
                    "owner": "receiver",
                    "closed": "",
                    "said": "With line 1, the quantity billed is 2. What has come is 0.",
                    "advice": "Write down what has come. The invoice is checked again by itself.",
                }
            ],
        },
    )
    def get(self, request: Request, invoice_id: UUID) -> Response:
        """Read an invoice with what was found in it, in words."""
        page = invoice_page(actor(request), invoice_id)
        found = page.invoice
        found.shown = page  # type: ignore[attr-defined]  # read by the serializer
        return Response(InvoiceDetail(found).data, headers={"ETag": etag(found.version)})


class ArrivalOne(Operation):
    """One file that was sent."""

    access = ("finance", "payments", "auditor", "administrator", "supplier")
    scope = READ

    @described("Read what became of a file", answers=ArrivalOutput, example=_ARRIVAL_EXAMPLE)
    def get(self, request: Request, arrival_id: UUID) -> Response:
        """Read what became of a file that was sent: waits, taken or refused."""
        reader = actor(request)
        found = arrival(reader, arrival_id)
        context = {"invoice_id": invoice_id_of(reader, found)}
        return Response(ArrivalOutput(found, context=context).data)
