from marketplace.ordering.models.orders import Order, OrderLine, Transmission
from marketplace.ordering.models.receipts import Receipt, ReceiptLine
from marketplace.ordering.models.requisitions import DeliveryPoint, Requisition, RequisitionLine

__all__ = [
    "DeliveryPoint",
    "Order",
    "OrderLine",
    "Receipt",
    "ReceiptLine",
    "Requisition",
    "RequisitionLine",
    "Transmission",
]
