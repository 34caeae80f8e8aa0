"""What each part is that an account can play, in plain words."""

from __future__ import annotations

from typing import Final

from django.utils.translation import gettext_lazy as _

from marketplace.ledger.states import AccountRole

PART_WORDS: Final = {
    AccountRole.CREDITORS: _("What the council owes for invoices that are not paid yet."),
    AccountRole.RECEIPTS: _(
        "What has arrived and has no invoice yet. The invoice takes it off again."
    ),
    AccountRole.VAT_INPUT: _("VAT on purchases that the council gets back from HMRC."),
    AccountRole.VAT_REVERSE_CHARGE: _(
        "VAT that the council pays to HMRC itself, in place of the supplier."
    ),
    AccountRole.CASH_IN_TRANSIT: _(
        "What was sent to the bank in a payment file and has not left the bank account yet."
    ),
    AccountRole.BANK: _("The bank account that suppliers are paid from."),
    AccountRole.CARD_CLEARING: _("What was bought by card, until the card company’s bill is paid."),
    AccountRole.PRICE_VARIANCE: _("Where an invoice comes to more or less than the order said."),
    AccountRole.ROUNDING: _("Single pennies by which sums and their parts differ."),
    AccountRole.LATE_PAYMENT: _("What suppliers may ask for when they are paid late."),
}
