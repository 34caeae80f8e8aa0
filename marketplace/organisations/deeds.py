"""What each role does, in a sentence, for the demonstration and for whoever hands roles out."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from marketplace.core.actors import Role

DEEDS = {
    Role.REQUESTER: _("Says what is needed: fills a basket and asks for it to be approved."),
    Role.BUYER: _("Buys: asks for things, follows every order, sends it again or cancels it."),
    Role.APPROVER: _("Says yes or no to what others want to buy, up to a limit."),
    Role.RECEIVER: _("Takes goods in: counts what comes, and sends back what is wrong."),
    Role.FINANCE: _("Looks after budgets, and what each request takes from them."),
    Role.PAYMENTS: _("Pays suppliers: makes sure of bank details, and prepares payment runs."),
    Role.SUPPLIER: _("Sells: keeps prices up to date and answers orders."),
    Role.AUDITOR: _("Looks at everything and changes nothing."),
    Role.ADMINISTRATOR: _("Decides who works here, in which roles, and who may sell."),
}
