"""An order as UBL 2.1, in the profile of Peppol Ordering 3. Dataclass in, bytes out.

Source: Peppol BIS Ordering 3 (transaction T01); OASIS UBL 2.1 Order.
"""

from __future__ import annotations

from datetime import date

from marketplace.core import ubl
from marketplace.core.vat import UBL_CATEGORY, VatCategory
from marketplace.ordering.delivery_points.written import delivery_parts
from marketplace.ordering.orders.paper import OrderPaper, PaperLine

CUSTOMIZATION = "urn:fdc:peppol.eu:poacc:trns:order:3"
PROFILE = "urn:fdc:peppol.eu:poacc:bis:ordering:3"
PURCHASE_ORDER = "220"  # UNCL 1001
CPV_LIST = "STI"  # UNCL 7143


def order_ubl(paper: OrderPaper) -> bytes:
    """Return an order's XML; the same order gives the same bytes."""
    root = ubl.document("Order")
    ubl.put(root, "CustomizationID", CUSTOMIZATION)
    ubl.put(root, "ProfileID", PROFILE)
    ubl.put(root, "ID", paper.number)
    ubl.put(root, "IssueDate", paper.ordered_on.isoformat())
    ubl.put(root, "OrderTypeCode", PURCHASE_ORDER)
    ubl.put_if(root, "Note", paper.link)
    ubl.put(root, "DocumentCurrencyCode", "GBP")
    ubl.put_party(ubl.inside(root, "BuyerCustomerParty"), paper.council)
    ubl.put_party(ubl.inside(root, "SellerSupplierParty"), paper.supplier)
    _put_delivery(root, paper.deliver_to, paper.needed_by_on)
    ubl.put_tax_total(root, paper.vat, is_detailed=False)
    total = ubl.inside(root, "AnticipatedMonetaryTotal")
    ubl.put_amount(total, "LineExtensionAmount", paper.net_amount)
    ubl.put_amount(total, "TaxExclusiveAmount", paper.net_amount)
    ubl.put_amount(total, "TaxInclusiveAmount", paper.gross_amount)
    ubl.put_amount(total, "PayableAmount", paper.gross_amount)
    for line in paper.lines:
        _put_line(root, line)
    return ubl.written(root)


def _put_delivery(root: ubl.Element, deliver_to: str, needed_by_on: date | None) -> None:
    delivery = ubl.inside(root, "Delivery")
    address, instructions = delivery_parts(deliver_to)
    place = ubl.address_from_text(address)
    ubl.put_address(ubl.inside(delivery, "DeliveryLocation"), "Address", place)
    if needed_by_on is not None:
        ubl.put_period(delivery, "RequestedDeliveryPeriod", ends_on=needed_by_on)
    if ubl.printable(instructions).strip():
        ubl.put(ubl.inside(root, "DeliveryTerms"), "SpecialTerms", instructions)


def _put_line(root: ubl.Element, line: PaperLine) -> None:
    node = ubl.inside(root, "OrderLine", "LineItem")
    ubl.put(node, "ID", str(line.line_number))
    ubl.put(node, "Quantity", ubl.number_text(line.quantity), unitCode=line.unit)
    ubl.put_amount(node, "LineExtensionAmount", line.net_amount)
    price = ubl.inside(node, "Price")
    ubl.put_amount(price, "PriceAmount", line.unit_price)
    ubl.put(price, "BaseQuantity", "1", unitCode=line.unit)
    item = ubl.inside(node, "Item")
    ubl.put(item, "Name", line.name)
    ubl.put(ubl.inside(item, "SellersItemIdentification"), "ID", line.part_number)
    if line.category:
        found = ubl.inside(item, "CommodityClassification")
        ubl.put(found, "ItemClassificationCode", line.category, listID=CPV_LIST)
    category = UBL_CATEGORY[VatCategory(line.vat_category)]
    ubl.put_tax_category(item, "ClassifiedTaxCategory", category, line.vat_rate_percent)
