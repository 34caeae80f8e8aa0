"""What people type about invoices: shapes only, no rules."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from invoicing.models.invoices import INVOICE_STATUS_LABELS
from marketplace.organisations.models import Organisation, SupplierLink
from marketplace.web.fields import OneFile

ANY = ("", _("Any"))


class InvoiceFilter(forms.Form):
    """Which invoices to show."""

    words = forms.CharField(label=_("Number, order or supplier"), max_length=100, required=False)
    status = forms.ChoiceField(
        label=_("State"), choices=[ANY, *INVOICE_STATUS_LABELS.items()], required=False
    )


class SupplierInvoiceFilter(InvoiceFilter):
    """Which of a supplier's own invoices to show."""

    words = forms.CharField(label=_("Number, order or council"), max_length=100, required=False)


class InvoiceFile(forms.Form):
    """An electronic invoice."""

    file = OneFile(
        label=_("Electronic invoice"),
        help_text=_("An XML file in UBL 2.1 or CII D16B, up to 20 MB. A PDF is not one."),
        accept=".xml,application/xml,text/xml",
        error_messages={
            "required": _("Choose the XML file of the invoice"),
            "empty": _("The file is empty. Choose the XML file of the invoice"),
        },
        allow_empty_file=True,
    )


class ForwardedInvoice(InvoiceFile):
    """An electronic invoice that a supplier sent to the council by another way."""

    supplier = forms.ChoiceField(
        label=_("Who sent it?"),
        help_text=_("If you do not choose, we go by what the invoice says."),
        required=False,
    )

    def __init__(self, *args: Any, links: Iterable[SupplierLink], **options: Any) -> None:  # noqa: ANN401
        super().__init__(*args, **options)
        self.fields["supplier"].choices = [  # type: ignore[attr-defined]  # it is a choice
            ("", _("As the invoice says")),
            *((str(link.supplier_id), link.supplier.name) for link in links),
        ]


class SentInvoice(InvoiceFile):
    """An electronic invoice that a supplier sends to one of its councils."""

    council = forms.ChoiceField(
        label=_("Which council is it for?"),
        error_messages={"required": _("Choose the council")},
    )

    def __init__(self, *args: Any, councils: Iterable[Organisation], **options: Any) -> None:  # noqa: ANN401
        super().__init__(*args, **options)
        found = [(str(each.pk), each.name) for each in councils]
        choose = [("", _("Choose a council"))] if len(found) != 1 else []
        self.fields["council"].choices = [*choose, *found]  # type: ignore[attr-defined]  # as above
