"""What each role does, in a sentence, for the demonstration and for whoever hands roles out."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from marketplace.core.actors import Role

DEEDS = {
    Role.REQUESTER: _("Says what is needed: fills a basket and asks for it to be approved."),
    Role.BUYER: _("Buys: puts catalogues in order, turns requests into orders, runs tenders."),
    Role.APPROVER: _("Says yes or no to what others want to buy, up to a limit."),
    Role.RECEIVER: _("Says what has arrived, so that it can be paid for."),
    Role.FINANCE: _("Looks after budgets and codes, and checks invoices."),
    Role.PAYMENTS: _("Prepares and releases payments."),
    Role.SUPPLIER: _("Sells: keeps prices, answers orders and sends invoices."),
    Role.AUDITOR: _("Looks at everything and changes nothing."),
    Role.ADMINISTRATOR: _("Decides who works here, in which roles, and who may sell."),
}
