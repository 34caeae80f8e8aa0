"""Addresses of this package's operations."""

from django.urls import path

from invoicing.intake import api as intake
from invoicing.ledgers import api as ledgers
from invoicing.payments.api import payments, runs
from invoicing.settling.api import allowing, choosing, deciding

LEDGER_FILE = "ledger-exports/<uuid:export_id>"
INVOICE = "invoices/<uuid:invoice_id>"
RUN = "payment-runs/<uuid:payment_run_id>"

urlpatterns = [
    path("invoices", intake.InvoiceList.as_view(), name="api-invoices"),
    path(INVOICE, intake.InvoiceOne.as_view(), name="api-invoice"),
    path(INVOICE + "/approval", deciding.InvoiceApproval.as_view(), name="api-invoice-approve"),
    path(
        INVOICE + "/sending-back",
        deciding.InvoiceSendingBack.as_view(),
        name="api-invoice-send-back",
    ),
    path(
        INVOICE + "/findings/<uuid:finding_id>/release",
        deciding.FindingRelease.as_view(),
        name="api-finding-release",
    ),
    path(INVOICE + "/order", choosing.InvoiceOrder.as_view(), name="api-invoice-order"),
    path(
        INVOICE + "/lines/<int:place>/order-line",
        choosing.InvoiceOrderLine.as_view(),
        name="api-invoice-order-line",
    ),
    path("allowed-differences", allowing.Allowed.as_view(), name="api-allowed-differences"),
    path("arrivals/<uuid:arrival_id>", intake.ArrivalOne.as_view(), name="api-arrival"),
    path("ledger-exports", ledgers.LedgerExportList.as_view(), name="api-ledger-exports"),
    path(
        "ledger-exports/waiting",
        ledgers.LedgerExportWaiting.as_view(),
        name="api-ledger-exports-waiting",
    ),
    path("ledger-exports/books", ledgers.LedgerBooks.as_view(), name="api-ledger-books"),
    path(LEDGER_FILE, ledgers.LedgerExportOne.as_view(), name="api-ledger-export"),
    path(LEDGER_FILE + "/file", ledgers.LedgerExportFile.as_view(), name="api-ledger-export-file"),
    path(
        LEDGER_FILE + "/acknowledgement",
        ledgers.LedgerExportAcknowledgement.as_view(),
        name="api-ledger-export-acknowledge",
    ),
    path("payment-runs", runs.PaymentRunList.as_view(), name="api-payment-runs"),
    path("payment-runs/due", runs.PaymentRunDue.as_view(), name="api-payment-runs-due"),
    path(RUN, runs.PaymentRunOne.as_view(), name="api-payment-run"),
    path(RUN + "/payments", runs.PaymentRunPayments.as_view(), name="api-payment-run-payments"),
    path(RUN + "/approval", runs.PaymentRunApproval.as_view(), name="api-payment-run-approve"),
    path(
        RUN + "/cancellation", runs.PaymentRunCancellation.as_view(), name="api-payment-run-cancel"
    ),
    path(RUN + "/export", runs.PaymentRunExport.as_view(), name="api-payment-run-export"),
    path(RUN + "/file", runs.PaymentRunFile.as_view(), name="api-payment-run-file"),
    path(RUN + "/settlement", runs.PaymentRunSettlement.as_view(), name="api-payment-run-settle"),
    path("payments", payments.PaymentList.as_view(), name="api-payments"),
    path(
        "payments/<uuid:payment_id>/failure",
        payments.PaymentFailure.as_view(),
        name="api-payment-fail",
    ),
    path("payees", payments.PayeeList.as_view(), name="api-payees"),
    path(
        "payees/<uuid:supplier_account_id>/confirmation",
        payments.PayeeConfirmation.as_view(),
        name="api-payee-confirm",
    ),
]
