"""Bank accounts of the United Kingdom, as far as their shape tells.

Whether a sort code and an account number fit each other (the modulus check), and whether the name
is the holder's, are other questions.
Source: ISO 13616 (IBAN): for GB four letters of the bank, the sort code and the account number.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

_IBAN: Final = re.compile(r"GB[0-9]{2}[A-Z]{4}[0-9]{14}")


@dataclass(frozen=True, slots=True)
class BankAccount:
    """Whose account it is, by IBAN or by sort code and account number; blanks and dashes are fine.

    >>> BankAccount("Chairs Ltd", iban="GB82 WEST 1234 5698 7654 32").sorting
    '123456'
    """

    name: str
    sort_code: str = ""
    account_number: str = ""
    iban: str = ""

    @property
    def sorting(self) -> str:
        """Return the six digits of the branch."""
        return self.compact_iban[8:14] or _digits(self.sort_code)

    @property
    def number(self) -> str:
        """Return the eight digits of the account."""
        return self.compact_iban[14:] or _digits(self.account_number)

    @property
    def compact_iban(self) -> str:
        """Return the IBAN without blanks, or nothing."""
        return "".join(self.iban.split()).upper()

    @property
    def is_well_formed(self) -> bool:
        """Tell whether it could be an account at all, by its digits."""
        if self.iban and not is_iban(self.iban):
            return False
        if self.iban and (self.sort_code or self.account_number):
            same = (_digits(self.sort_code), _digits(self.account_number))
            if same != (self.sorting, self.number):
                return False
        return (
            re.fullmatch("[0-9]{6}", self.sorting) is not None
            and re.fullmatch("[0-9]{8}", self.number) is not None
            and bool(self.name.strip())
        )


def is_iban(text: str) -> bool:
    """Tell whether a text is an IBAN of the United Kingdom with right check digits.

    >>> is_iban("GB82 WEST 1234 5698 7654 32"), is_iban("GB82 WEST 1234 5698 7654 33")
    (True, False)
    """
    compact = "".join(text.split()).upper()
    if not _IBAN.fullmatch(compact):
        return False
    return int("".join(str(int(each, 36)) for each in compact[4:] + compact[:4])) % 97 == 1


def _digits(text: str) -> str:
    return re.sub(r"[\s\-]", "", text)
