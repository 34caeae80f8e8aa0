from invoicing.models.allowed import AllowedDifferences
from invoicing.models.arrivals import Arrival
from invoicing.models.choices import Choice
from invoicing.models.exports import ExportedJournal, LedgerExport
from invoicing.models.invoices import Invoice, InvoiceLine, InvoiceTax
from invoicing.models.matching import Allocation, Finding
from invoicing.models.payments import (
    AccountConfirmation,
    PaidInvoice,
    Payment,
    PaymentRun,
    SupplierAccount,
)

__all__ = [
    "AccountConfirmation",
    "Allocation",
    "AllowedDifferences",
    "Arrival",
    "Choice",
    "ExportedJournal",
    "Finding",
    "Invoice",
    "InvoiceLine",
    "InvoiceTax",
    "LedgerExport",
    "PaidInvoice",
    "Payment",
    "PaymentRun",
    "SupplierAccount",
]
