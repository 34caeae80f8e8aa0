"""What the worker does for invoices."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from invoicing.intake.services import arrivals, looking_again, reading
from invoicing.matching import services as matching
from invoicing.payments.services import advice
from invoicing.settling.services import telling
from marketplace.core.tenancy import tenant
from marketplace.jobs.registry import job


def give_up_arrival(*, council_id: str, arrival_id: str, at: datetime) -> None:
    """Say of a file that it will not be read."""
    with tenant(council_id):
        arrivals.give_up_arrival(council_id=UUID(council_id), arrival_id=UUID(arrival_id), at=at)


# Outside a transaction, since the official rules take their time; and a file that kills two
# workers, each of which has the others' work too, gets no third.
@job("invoicing.read_arrival", external=True, most_deaths=2, given_up=give_up_arrival)
def read_arrival(*, council_id: str, arrival_id: str, at: datetime) -> None:
    """Read a file that arrived.

    A supplier that sent it owes this job, since it may not write for the council; the worker goes
    on as the council.
    """
    with tenant(council_id):
        reading.read_arrival(council_id=UUID(council_id), arrival_id=UUID(arrival_id), at=at)


# Outside a transaction, as for what arrived.
@job("invoicing.look_again", external=True)
def look_again(*, council_id: str, invoice_id: str, at: datetime) -> None:
    """Judge anew what was like an invoice that was sent back."""
    with tenant(council_id):
        looking_again.look_again(council_id=UUID(council_id), invoice_id=UUID(invoice_id), at=at)


@job("invoicing.rematch_order")
def rematch_order(*, council_id: str, order_id: str, at: datetime) -> None:
    """Compare the invoices of an order with it again, since goods came or went."""
    compared = matching.rematch_order(council_id=UUID(council_id), order_id=UUID(order_id), at=at)
    for each in compared:
        telling.tell_of_dispute(council_id=each.council_id, invoice_id=each.pk, at=at)


@job("invoicing.rematch_differing")
def rematch_differing(*, council_id: str, version: int, at: datetime) -> None:
    """Compare again what waits and differs, since the council allows other differences."""
    matching.rematch_differing(council_id=UUID(council_id), version=version)


@job("invoicing.advise_payees")
def advise_payees(*, council_id: str, run_id: str, at: datetime) -> None:
    """Tell the suppliers of a payment run what they are paid."""
    advice.advise_payees(council_id=UUID(council_id), run_id=UUID(run_id), at=at)


@job("invoicing.tell_of_account")
def tell_of_account(*, council_id: str, account_id: str, at: datetime) -> None:
    """Tell a council that a supplier has new bank details.

    The supplier owes this job, since it may not write for the council, and the worker goes on as
    that council.
    """
    with tenant(council_id):
        advice.tell_of_account(council_id=UUID(council_id), account_id=UUID(account_id), at=at)
