"""Taking requisitions to another system."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponseBase
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from marketplace.ordering.bought.views.exports import EXPORTERS, Export, answer_export
from marketplace.ordering.requisitions.exports import REQUISITION_COLUMNS, requisition_rows
from marketplace.ordering.requisitions.forms import RequisitionExport
from marketplace.ordering.requisitions.selectors.exports import (
    export_lines_of_requisitions,
    requisitions_between,
)
from marketplace.web.access import access

REQUISITIONS = Export(
    "requisitions", _("Take requisitions with you"), RequisitionExport, requisitions_between,
    export_lines_of_requisitions, ("requisition_id", "line_number"), REQUISITION_COLUMNS,
    requisition_rows,
)  # fmt: skip


@access(*EXPORTERS)
@require_safe
def requisitions_export(request: HttpRequest) -> HttpResponseBase:
    """Say what a file of requisitions will hold, or hand it out."""
    return answer_export(request, REQUISITIONS)
