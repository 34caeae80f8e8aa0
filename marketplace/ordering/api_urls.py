"""Addresses of this package's operations."""

from django.urls import path

from marketplace.ordering.delivery_points import api as delivery_points
from marketplace.ordering.orders.api import orders
from marketplace.ordering.receipts.api import receipts
from marketplace.ordering.requisitions.api import approvals, requisitions

REQUISITION = "requisitions/<uuid:requisition_id>"
ORDER = "orders/<uuid:order_id>"
RECEIPT = "receipts/<uuid:receipt_id>"

urlpatterns = [
    path("requisitions", requisitions.RequisitionList.as_view(), name="api-requisitions"),
    path(REQUISITION, requisitions.RequisitionOne.as_view(), name="api-requisition"),
    path(
        f"{REQUISITION}/submission",
        requisitions.RequisitionSubmission.as_view(),
        name="api-requisition-submission",
    ),
    path(
        f"{REQUISITION}/approval",
        approvals.RequisitionApproval.as_view(),
        name="api-requisition-approval",
    ),
    path(
        f"{REQUISITION}/rejection",
        approvals.RequisitionRejection.as_view(),
        name="api-requisition-rejection",
    ),
    path(
        f"{REQUISITION}/withdrawal",
        requisitions.RequisitionWithdrawal.as_view(),
        name="api-requisition-withdrawal",
    ),
    path("approvals", approvals.ApprovalQueue.as_view(), name="api-approvals"),
    path("orders", orders.OrderList.as_view(), name="api-orders"),
    path(ORDER, orders.OrderOne.as_view(), name="api-order"),
    path(f"{ORDER}/documents", orders.OrderDocuments.as_view(), name="api-order-documents"),
    path(f"{ORDER}/documents/pdf", orders.OrderPdf.as_view(), name="api-order-pdf"),
    path(f"{ORDER}/documents/ubl", orders.OrderUbl.as_view(), name="api-order-ubl"),
    path(
        f"{ORDER}/cancellation", orders.OrderCancellation.as_view(), name="api-order-cancellation"
    ),
    path(
        f"{ORDER}/remainder-cancellation",
        orders.OrderRemainder.as_view(),
        name="api-order-remainder",
    ),
    path(f"{ORDER}/receipts", receipts.OrderReceipts.as_view(), name="api-order-receipts"),
    path(f"{ORDER}/returns", receipts.OrderReturns.as_view(), name="api-order-returns"),
    path("receipts", receipts.ReceiptList.as_view(), name="api-receipts"),
    path(RECEIPT, receipts.ReceiptOne.as_view(), name="api-receipt"),
    path(
        f"{RECEIPT}/corrections",
        receipts.ReceiptCorrections.as_view(),
        name="api-receipt-corrections",
    ),
    path(f"{ORDER}/answer", orders.OrderAnswer.as_view(), name="api-order-answer"),
    path(
        "delivery-points", delivery_points.DeliveryPointList.as_view(), name="api-delivery-points"
    ),
    path(
        "delivery-points/<str:code>",
        delivery_points.DeliveryPointOne.as_view(),
        name="api-delivery-point",
    ),
]
