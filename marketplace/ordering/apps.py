"""The Django application of requisitions and orders."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext


class OrderingConfig(AppConfig):
    """What is asked for, approved and ordered."""

    name = "marketplace.ordering"
    label = "ordering"

    def ready(self) -> None:
        """Put our pages in the menu, say who may read an order's papers, and who holds what."""
        from marketplace.approvals import cost_centres  # noqa: PLC0415  # needs the apps
        from marketplace.audit import subjects  # noqa: PLC0415  # needs the apps
        from marketplace.documents import audiences  # noqa: PLC0415  # needs the apps
        from marketplace.ledger import papers  # noqa: PLC0415  # needs the apps
        from marketplace.ordering.bought.selectors import stories  # noqa: PLC0415  # as above
        from marketplace.ordering.bought.selectors.numbers import (  # noqa: PLC0415  # as above
            order_numbers,
            receipt_numbers,
            requisition_numbers,
        )
        from marketplace.ordering.orders.selectors.orders import is_paper_for  # noqa: PLC0415  # as above
        from marketplace.ordering.requisitions.selectors.money import cost_centres_held  # noqa: PLC0415  # as above
        from marketplace.ordering.requisitions.selectors.requisitions import basket_size  # noqa: PLC0415
        from marketplace.web.navigation import Count, register  # noqa: PLC0415  # needs the apps

        audiences.register("order", is_paper_for)
        cost_centres.register(cost_centres_held)
        papers.register("requisition", requisition_numbers)
        papers.register("order", order_numbers)
        papers.register("receipt", receipt_numbers)
        buyers = ("requester", "buyer")
        readers = (*buyers, "approver", "receiver", "finance", "auditor")
        register("basket", _("Basket"), buyers, order=20, count=Count(basket_size, _lines))
        register("requisitions", _("Requisitions"), readers, order=30)
        register("approvals", _("Approvals"), ("approver",), order=40)
        register("orders", _("Orders"), (*readers, "payments"), order=50)
        register("goods-in", _("Goods in"), (*buyers, "receiver"), order=55)
        keepers = ("buyer", "administrator")
        subjects.register("ordering.requisition", "requisition", (*readers, "administrator"))
        subjects.register("ordering.order", "order", (*readers, "payments", "administrator"))
        subjects.register("ordering.receipt", "receipt", (*readers, "payments", "administrator"))
        subjects.tell_stories(before=stories.before, after=stories.after)
        register("delivery-points", _("Delivery points"), keepers, order=62)


def _lines(number: int) -> str:
    return ngettext("line", "lines", number)
