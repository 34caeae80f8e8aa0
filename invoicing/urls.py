"""Addresses of pages about invoices, payments and the finance ledger."""

from django.urls import path

from invoicing.intake import views as intake
from invoicing.ledgers import views as ledgers
from invoicing.payments.views import payees, preparing, runs
from invoicing.settling.views import agreeing, allowing, choosing, deciding

LEDGER_FILE = "ledger-exports/<uuid:export_id>/"
INVOICE = "invoices/<uuid:invoice_id>/"
RUN = "payment-runs/<uuid:payment_run_id>/"

urlpatterns = [
    path("invoices/", intake.invoices, name="invoices"),
    path("invoices/send/", intake.invoice_send, name="invoice-send"),
    path("invoices/files/", intake.arrivals, name="arrivals"),
    path("invoices/files/<uuid:arrival_id>/", intake.arrival_shown, name="arrival"),
    path("invoices/<uuid:invoice_id>/", intake.invoice, name="invoice"),
    path("ledger-exports/", ledgers.ledger_exports, name="ledger-exports"),
    path("ledger-exports/new/", ledgers.ledger_export_build, name="ledger-export-build"),
    path("ledger-exports/books/", ledgers.ledger_books, name="ledger-books"),
    path(LEDGER_FILE, ledgers.ledger_export, name="ledger-export"),
    path(
        LEDGER_FILE + "taken/", ledgers.ledger_export_acknowledge, name="ledger-export-acknowledge"
    ),
    path("payment-runs/", runs.payment_runs_list, name="payment-runs"),
    path("payment-runs/new/", preparing.payment_run_prepare, name="payment-run-prepare"),
    path(RUN, runs.payment_run, name="payment-run"),
    path(RUN + "approve/", runs.payment_run_approve, name="payment-run-approve"),
    path(RUN + "give-up/", runs.payment_run_give_up, name="payment-run-give-up"),
    path(RUN + "export/", runs.payment_run_export, name="payment-run-export"),
    path(RUN + "file/", runs.payment_run_file, name="payment-run-file"),
    path(RUN + "settle/", runs.payment_run_settle, name="payment-run-settle"),
    path("payments/<uuid:payment_id>/came-back/", runs.payment_fail, name="payment-fail"),
    path("payees/", payees.payees, name="payees"),
    path("payees/<uuid:supplier_account_id>/confirm/", payees.payee_confirm, name="payee-confirm"),
    path("invoices/differences/", allowing.allowed_differences, name="allowed-differences"),
    path(
        "invoices/differences/change/",
        allowing.allowed_differences_change,
        name="allowed-differences-change",
    ),
    path("invoices/agreeing/", agreeing.invoices_agreeing, name="invoices-agreeing"),
    path(INVOICE + "order/", choosing.invoice_order, name="invoice-order"),
    path(INVOICE + "lines/<int:place>/", choosing.invoice_order_line, name="invoice-order-line"),
    path(INVOICE + "approve/", deciding.invoice_approve, name="invoice-approve"),
    path(INVOICE + "send-back/", deciding.invoice_send_back, name="invoice-send-back"),
    path(
        INVOICE + "findings/<uuid:finding_id>/release/",
        deciding.finding_release,
        name="finding-release",
    ),
]
