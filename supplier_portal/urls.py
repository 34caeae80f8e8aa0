"""Addresses of the supplier's pages."""

from django.urls import path

from supplier_portal.views import guide, home, invoices, listings, orders, payments, uploads

urlpatterns = [
    path("supplier/", home.supplier_home, name="supplier-home"),
    path("supplier/details/", home.supplier_details, name="supplier-details"),
    path("supplier/orders/", orders.supplier_orders, name="supplier-orders"),
    path("supplier/orders/<uuid:order_id>/", orders.supplier_order, name="supplier-order"),
    path(
        "supplier/orders/<uuid:order_id>/answer/",
        orders.supplier_order_answer,
        name="supplier-order-answer",
    ),
    path(
        "supplier/orders/<uuid:order_id>/invoice/",
        invoices.supplier_order_invoice,
        name="supplier-order-invoice",
    ),
    path("supplier/invoices/", invoices.supplier_invoices, name="supplier-invoices"),
    path("supplier/invoices/send/", invoices.supplier_invoice_send, name="supplier-invoice-send"),
    path(
        "supplier/invoices/files/", invoices.supplier_invoice_files, name="supplier-invoice-files"
    ),
    path(
        "supplier/invoices/files/<uuid:arrival_id>/",
        invoices.supplier_invoice_file,
        name="supplier-invoice-file",
    ),
    path(
        "supplier/invoices/<uuid:invoice_id>/", invoices.supplier_invoice, name="supplier-invoice"
    ),
    path("supplier/listings/", listings.supplier_listings, name="supplier-listings"),
    path("supplier/listings/new/", listings.supplier_listing_add, name="supplier-listing-add"),
    path(
        "supplier/listings/<uuid:listing_id>/", listings.supplier_listing, name="supplier-listing"
    ),
    path(
        "supplier/listings/<uuid:listing_id>/withdraw/",
        listings.supplier_listing_move,
        {"verb": "withdraw"},
        name="supplier-listing-withdraw",
    ),
    path(
        "supplier/listings/<uuid:listing_id>/restore/",
        listings.supplier_listing_move,
        {"verb": "restore"},
        name="supplier-listing-restore",
    ),
    path("supplier/price-lists/guide/", guide.supplier_guide, name="supplier-guide"),
    path("supplier/price-lists/example.csv", guide.supplier_sample, name="supplier-sample"),
    path("supplier/categories/", guide.supplier_categories, name="supplier-categories"),
    path("supplier/categories.csv", guide.supplier_categories_csv, name="supplier-categories-csv"),
    path("supplier/price-lists/", uploads.supplier_upload, name="supplier-upload"),
    path(
        "supplier/price-lists/sent/<uuid:upload_id>/",
        uploads.supplier_upload_progress,
        name="supplier-upload-progress",
    ),
    path(
        "supplier/price-lists/sent/<uuid:upload_id>/cancel/",
        uploads.supplier_upload_cancel,
        name="supplier-upload-cancel",
    ),
    path(
        "supplier/price-lists/<uuid:run_id>/",
        uploads.supplier_upload_report,
        name="supplier-upload-report",
    ),
    path(
        "supplier/price-lists/<uuid:run_id>/confirm/",
        uploads.supplier_upload_confirm,
        name="supplier-upload-confirm",
    ),
    path(
        "supplier/price-lists/<uuid:run_id>/copy/",
        uploads.supplier_upload_copy,
        name="supplier-upload-copy",
    ),
    path(
        "supplier/price-lists/<uuid:run_id>/wrong-rows/",
        uploads.supplier_upload_wrong_rows,
        name="supplier-upload-wrong-rows",
    ),
    path("supplier/accounts/", payments.supplier_accounts, name="supplier-accounts"),
    path("supplier/accounts/new/", payments.supplier_account_add, name="supplier-account-add"),
    path("supplier/payments/", payments.supplier_payments, name="supplier-payments"),
    path(
        "supplier/payments/<uuid:payment_id>/", payments.supplier_payment, name="supplier-payment"
    ),
]
