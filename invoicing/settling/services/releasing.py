"""Letting a difference through: somebody with the right to it says why it is paid all the same."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from invoicing.models import Finding, Invoice
from invoicing.settling.selectors import suppliers_worked_for
from invoicing.settling.services.approval import InvoiceChanged
from invoicing.states import Closed, InvoiceStatus, Severity
from marketplace.audit.services import record
from marketplace.core.actors import Actor
from marketplace.core.errors import Conflict, Forbidden, Invalid


class ReleaseNotAllowed(Forbidden):
    """This person may not let this difference through."""

    code = "invoice.release-not-allowed"
    title = gettext_lazy("You cannot let this through.")


class ReleaseReasonNeeded(Invalid):
    """Letting something through needs a reason."""

    code = "invoice.release-reason-needed"
    title = gettext_lazy("Say why it is paid all the same.")


class CannotBeReleased(Conflict):
    """It breaks the standard, or has ended already."""

    code = "invoice.cannot-be-released"
    title = gettext_lazy("This cannot be let through.")


@transaction.atomic
def release_finding(
    *,
    invoice_id: UUID,
    finding_id: UUID,
    releaser: Actor,
    reason: str,
    at: datetime,
    version: int | None = None,
) -> Invoice:
    """Let one difference through, with the reason; with the last of them the invoice agrees.

    Raises: Missing; InvoiceChanged; ReleaseNotAllowed; ReleaseReasonNeeded; CannotBeReleased; Busy.
    Why: a hold belongs to whoever can judge it (goods to receivers, prices to buyers), and finance
    may decide any; nobody lets through what was asked beyond their own order.
    """
    council_id = releaser.organisation_id
    invoice = Invoice.objects.of(council_id).filter(council_id=council_id).lock(invoice_id)
    if version is not None and invoice.version != version:
        raise InvoiceChanged(current_version=invoice.version)
    finding = Finding.objects.of(council_id).filter(invoice=invoice).one(finding_id)
    _check(invoice, finding, releaser)
    if not reason.strip():
        raise ReleaseReasonNeeded(_("It stands in the record beside your name."), field="reason")
    finding.closed, finding.closed_at = Closed.RELEASED.value, at
    finding.closed_by_id, finding.closed_by_name = releaser.user_id, releaser.name
    finding.closed_reason = reason.strip()
    finding.save(
        update_fields=["closed", "closed_at", "closed_by_id", "closed_by_name", "closed_reason"]
    )
    before = {"status": invoice.status}
    left = open_holds(invoice)
    if not left:
        invoice.move("match")
    invoice.version += 1
    invoice.save(update_fields=["status", "version"])
    record(
        "invoice.hold-released",
        invoice,
        actor=releaser,
        at=at,
        organisation_id=council_id,
        before=before,
        after={
            "status": invoice.status,
            "code": finding.code,
            "agreed": finding.agreed,
            "asked": finding.asked,
            "holds_left": left,
        },
        note=reason.strip(),
    )
    return invoice


def open_holds(invoice: Invoice) -> int:
    """Return how many findings still keep an invoice from being paid."""
    return (
        Finding.objects.of(invoice.council_id)
        .filter(invoice=invoice, closed="")
        .exclude(severity=Severity.NOTE.value)
        .count()
    )


def _check(invoice: Invoice, finding: Finding, releaser: Actor) -> None:
    """Raises: ReleaseNotAllowed; CannotBeReleased."""
    if not releaser.holds("finance", finding.owner):
        raise ReleaseNotAllowed(_("It is for somebody else to decide."))
    if invoice.order is not None and invoice.order.contact_id == releaser.user_id:
        raise ReleaseNotAllowed(_("You ordered this, so somebody else must decide."))
    if suppliers_worked_for(releaser, [invoice.supplier_id]):
        raise ReleaseNotAllowed(_("You work for the supplier, so somebody else must decide."))
    if finding.severity == Severity.BLOCK:
        raise CannotBeReleased(
            _("It breaks the standard for invoices. Send it back, so that it is mended.")
        )
    if finding.severity == Severity.NOTE or finding.closed:
        raise CannotBeReleased(_("It does not hold the invoice any more."))
    if invoice.status != InvoiceStatus.HELD:
        raise CannotBeReleased(_("The invoice is not held any more."))
