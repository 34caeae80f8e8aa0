"""The columns of files of cost centres, accounts and budgets, as finance systems call them.

docs/setting-up.md is the same table for people.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final
from uuid import UUID

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from marketplace.core.tables.checked import (
    BadCell,
    Column,
    SheetRow,
    a_code,
    an_amount,
    one_of,
    yes_or_no,
)
from marketplace.ledger.selectors.coding import people_who_may_hold
from marketplace.ledger.services.code_lists import CodeRow

CENTRE_HEADINGS: Final = (
    "Cost centre", "Cost center", "Cost centre code", "Cost center code", "CC", "CC code", "Costc",
    "Cost code", "Canolfan gost", "Cod canolfan gost",
)  # fmt: skip
ACCOUNT_HEADINGS: Final = (
    "Account", "Account code", "Account no", "Account number", "Subjective", "Subjective code",
    "Nominal", "Nominal code", "GL code", "GL account", "Ledger code", "Detail code", "Cyfrif",
    "Cod cyfrif",
)  # fmt: skip
NAME: Final = Column(
    "name", gettext_lazy("Name"), ("Title", "Description", "Short name", "Enw", "Disgrifiad"),
    is_needed=True,
)  # fmt: skip
NAME_WELSH: Final = Column(
    "name_welsh", gettext_lazy("Welsh name"), ("Name (Welsh)", "Name in Welsh", "Enw Cymraeg")
)
IN_USE: Final = Column(
    "is_active", gettext_lazy("In use"), ("Active", "Live", "Open", "Mewn defnydd", "In use?"),
    read=yes_or_no,
)  # fmt: skip


def code_column(*headings: str) -> Column:
    """Return the column of a list's codes."""
    names = ("Code", "Cod", *headings)
    return Column("code", gettext_lazy("Code"), names, read=a_code, is_needed=True)


def beginnings(text: str) -> list[str]:
    """Return the beginnings of CPV codes in a cell, whatever stands between them."""
    return [each for each in re.split(r"[\s,;|]+", text) if each]


COST_CENTRE_COLUMNS: Final = (
    code_column(*CENTRE_HEADINGS),
    Column(
        NAME.name, NAME.label, (*NAME.headings, "Cost centre name", "Cost centre description"),
        is_needed=True,
    ),
    NAME_WELSH,
    Column(
        "directorate", gettext_lazy("Directorate"),
        ("Department", "Service", "Division", "Group", "Cyfarwyddiaeth", "Adran"),
    ),
    Column(
        "holder", gettext_lazy("Holder’s email address"),
        ("Holder", "Budget holder", "Budget manager", "Holder email", "Budget holder email",
         "Email", "Manager", "Deiliad y gyllideb"),
        read=lambda text: text.lower(),
    ),
    IN_USE,
)  # fmt: skip
ACCOUNT_COLUMNS: Final = (
    code_column(*ACCOUNT_HEADINGS),
    Column(
        NAME.name, NAME.label, (*NAME.headings, "Account name", "Account description"),
        is_needed=True,
    ),
    NAME_WELSH,
    Column(
        "kind", gettext_lazy("Kind"), ("Type", "Account type", "Math"),
        read=one_of({
            "expense": ("expense", "expenditure", "revenue", "cost", "exp", "e"),
            "asset": ("asset", "capital", "balance sheet asset", "a"),
            "liability": ("liability", "creditor", "l"),
        }),
    ),
    Column(
        "categories", gettext_lazy("CPV categories"),
        ("Categories", "CPV", "CPV codes", "CPV beginnings", "Categorïau"),
        read=beginnings,
    ),
    IN_USE,
)  # fmt: skip
BUDGET_COLUMNS: Final = (
    Column(
        "cost_centre", gettext_lazy("Cost centre"), CENTRE_HEADINGS, read=a_code, is_needed=True
    ),
    Column("account", gettext_lazy("Account"), ACCOUNT_HEADINGS, read=a_code, is_needed=True),
    Column(
        "amount", gettext_lazy("Amount"),
        ("Budget", "Annual budget", "Budget amount", "Net budget", "Total", "Original budget",
         "Current budget", "Revised budget", "Full year budget", "Value", "Swm", "Cyllideb",
         "Amount (£)", "Budget (£)", "Amount GBP"),
        read=an_amount, is_needed=True,
    ),
    Column(
        "over_budget", gettext_lazy("When it runs out"), ("Over budget", "Control", "Stop or warn"),
        read=one_of({"stop": ("stop", "hard stop", "block"), "warn": ("warn", "warning", "soft")}),
    ),
)  # fmt: skip


def plain_facts(values: dict[str, object]) -> dict[str, object]:
    """Return the facts of a row: what stands in no cell stays as it is.

    Why: an empty name in Welsh takes the name away, while neither yes nor no is no answer.
    """
    silent = {"is_active", "kind"}
    return {
        name: value
        for name, value in values.items()
        if name != "code" and not (name in silent and value is None)
    }


def account_facts(
    _council_id: UUID, rows: Sequence[SheetRow], _bad: list[BadCell]
) -> list[tuple[SheetRow, CodeRow]]:
    """Return what the rows of a file of accounts say."""
    return [(row, CodeRow(row.values["code"], plain_facts(row.values))) for row in rows]


def cost_centre_facts(
    council_id: UUID, rows: Sequence[SheetRow], bad: list[BadCell]
) -> list[tuple[SheetRow, CodeRow]]:
    """Return what the rows of a file of cost centres say, the holders found by their address."""
    able = {}
    if any(row.values.get("holder") for row in rows):
        able = {each.user.email.lower(): each.pk for each in people_who_may_hold(council_id)}
    found: list[tuple[SheetRow, CodeRow]] = []
    for row in rows:
        facts = plain_facts(row.values)
        if "holder" in facts:
            email = facts.pop("holder")
            facts["holder_id"] = able.get(str(email)) if email else None
            if email and not facts["holder_id"]:
                reason = _(
                    "No approver of your council has this address. Invite the person as an"
                    " approver first, or leave the cell empty."
                )
                bad.append(BadCell(row.number, _("Holder’s email address"), str(email), reason))
                facts["holder_id"] = None
        found.append((row, CodeRow(row.values["code"], facts)))
    return found
