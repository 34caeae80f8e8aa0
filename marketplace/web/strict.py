"""Fields that take what is meant and nothing that could be read in two ways."""

from __future__ import annotations

import re
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final

from django.utils.translation import gettext_lazy
from rest_framework import serializers

_NUMBER: Final = re.compile(r"-?[0-9]{1,30}(\.[0-9]{1,30})?")
_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
FIRST_YEAR, LAST_YEAR = 1900, 2999


class Literal(float):
    """A number with a point or an exponent, which still knows how it was written.

    Why: 1e3 is not plain digits, and of 1.00000000000000000001 a float keeps 1.
    """

    text: str

    def __new__(cls, text: str) -> Literal:
        """Return the number that JSON's reader found."""
        number = super().__new__(cls, text)
        number.text = text
        return number


class StrictInteger(serializers.IntegerField):
    """A whole number: not "3", not 3.0, not true."""

    default_error_messages = {"invalid": gettext_lazy("Must be a whole number, like 3.")}

    def to_internal_value(self, data: Any) -> int:  # noqa: ANN401  # any JSON
        """Return the number.

        Raises: ValidationError.
        """
        if isinstance(data, bool) or not isinstance(data, int):
            self.fail("invalid")
        return super().to_internal_value(data)


class StrictDecimal(serializers.DecimalField):
    """A number in plain digits: not "1_0", not "1e3", not "5\\n", and in no other digits."""

    default_error_messages = {
        "invalid": gettext_lazy("Must be a number in plain digits, like 3 or 2.5.")
    }

    def to_internal_value(self, data: Any) -> Decimal:  # noqa: ANN401  # any JSON
        """Return the number.

        Raises: ValidationError.
        """
        if isinstance(data, bool) or not isinstance(data, str | int | float | Decimal):
            self.fail("invalid")
        text = data.text if isinstance(data, Literal) else str(data)
        if not _NUMBER.fullmatch(text):
            self.fail("invalid")
        return super().to_internal_value(text)


class StrictDay(serializers.DateField):
    """A day as 2027-03-31, of years in which somebody could mean it."""

    default_error_messages = {"invalid": gettext_lazy("Must be a real date, like 2027-03-31.")}

    def to_internal_value(self, value: Any) -> date:  # noqa: ANN401  # any JSON
        """Return the day.

        Raises: ValidationError.
        """
        if isinstance(value, date) and not isinstance(value, datetime):
            return value
        if not isinstance(value, str) or not _DAY.fullmatch(value):
            self.fail("invalid")
        if not FIRST_YEAR <= int(value[:4]) <= LAST_YEAR:
            self.fail("invalid")
        return super().to_internal_value(value)
