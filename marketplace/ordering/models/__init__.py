from marketplace.ordering.models.orders import Order, OrderLine, Transmission
from marketplace.ordering.models.requisitions import DeliveryPoint, Requisition, RequisitionLine

__all__ = [
    "DeliveryPoint",
    "Order",
    "OrderLine",
    "Requisition",
    "RequisitionLine",
    "Transmission",
]
