"""Money, quantities and unit prices, in decimals only.

>>> UnitPrice(Decimal("0.0125"), "EA").extend(Quantity(Decimal(500), "EA"))
Money(amount=Decimal('6.25'), currency='GBP')
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Context, Decimal, InvalidOperation
from fractions import Fraction
from functools import total_ordering

PENNY = Decimal("0.01")
PRICE_PLACES = 6

# Wide enough that no sum or product of stored columns is rounded before it is meant to be.
_EXACT = Context(prec=200, rounding=ROUND_HALF_UP)


class LossyAmount(ValueError):
    """An amount finer than a penny, or a float: a mistake in the program, never a refusal."""


def _decimal(value: object) -> Decimal:
    if isinstance(value, bool) or not isinstance(value, Decimal | int):
        raise LossyAmount(f"{value!r} is not a whole number or a Decimal.")
    number = Decimal(value)
    if not number.is_finite():
        raise LossyAmount(f"{value!r} is not a finite number.")
    return number


def _to_places(number: Decimal, step: Decimal) -> Decimal:
    """Return `number` in whole steps, half up, and never as minus nought."""
    try:
        whole = number.quantize(step, context=_EXACT)
    except InvalidOperation as error:
        raise LossyAmount(f"{number} is too large to be an amount.") from error
    return whole.copy_abs() if whole.is_zero() else whole


@total_ordering
@dataclass(frozen=True, slots=True)
class Money:
    """An amount in whole pence of one currency.

    >>> Money(Decimal("1.10")) + Money(Decimal("2.05"))
    Money(amount=Decimal('3.15'), currency='GBP')
    """

    amount: Decimal
    currency: str = "GBP"

    def __post_init__(self) -> None:
        amount = _decimal(self.amount)
        whole = _to_places(amount, PENNY)
        if whole != amount:
            raise LossyAmount(f"{amount} has parts of a penny.")
        object.__setattr__(self, "amount", whole)

    @classmethod
    def rounded(cls, amount: Decimal, currency: str = "GBP") -> Money:
        """Return `amount` rounded half up (away from zero) to the penny: the only rounding here.

        >>> Money.rounded(Decimal("-1.005")).amount
        Decimal('-1.01')
        """
        return cls(_to_places(_decimal(amount), PENNY), currency)

    @classmethod
    def total(cls, parts: Iterable[Money], currency: str = "GBP") -> Money:
        """Return the sum of `parts`; nothing at all is nought in `currency`."""
        result = cls(Decimal(0), currency)
        for part in parts:
            result = result + part
        return result

    def _same(self, other: Money) -> None:
        if self.currency != other.currency:
            raise ValueError(f"{self.currency} and {other.currency} cannot be reckoned together.")

    def __add__(self, other: Money) -> Money:
        self._same(other)
        return Money(_EXACT.add(self.amount, other.amount), self.currency)

    def __sub__(self, other: Money) -> Money:
        self._same(other)
        return Money(_EXACT.subtract(self.amount, other.amount), self.currency)

    def __neg__(self) -> Money:
        return Money(_EXACT.minus(self.amount), self.currency)

    def __lt__(self, other: Money) -> bool:
        self._same(other)
        return self.amount < other.amount

    def split(self, weights: Sequence[Decimal]) -> list[Money]:
        """Share the amount out by weight, so that the parts sum to the whole.

        Shapes: one part a weight, in their order; pennies left over go to the largest remainders,
        ties to the earlier.
        Raises: ValueError when the weights are negative or sum to nought.
        """
        shares = [Fraction(_decimal(weight)) for weight in weights]
        total = sum(shares, Fraction(0))
        if total <= 0 or any(share < 0 for share in shares):
            raise ValueError("Weights must be positive and sum to more than nought.")
        pence = int(_EXACT.divide(abs(self.amount), PENNY))
        exact = [pence * share / total for share in shares]
        parts = [int(share) for share in exact]
        by_remainder = sorted(range(len(exact)), key=lambda i: (parts[i] - exact[i], i))
        for index in by_remainder[: pence - sum(parts)]:
            parts[index] += 1
        sign = -1 if self.amount < 0 else 1
        return [Money(_EXACT.multiply(sign * part, PENNY), self.currency) for part in parts]


@dataclass(frozen=True, slots=True)
class Quantity:
    """How many of a unit.

    Units: `unit` is a UN/ECE Recommendation 20 code (with Rec 21 packages as X…).
    """

    value: Decimal
    unit: str

    def __post_init__(self) -> None:
        object.__setattr__(self, "value", _decimal(self.value))


@dataclass(frozen=True, slots=True)
class UnitPrice:
    """The net price of one unit, to at most six places."""

    amount: Decimal
    unit: str
    currency: str = "GBP"

    def __post_init__(self) -> None:
        amount = _decimal(self.amount)
        if amount != _to_places(amount, Decimal(1).scaleb(-PRICE_PLACES)):
            raise LossyAmount(f"{amount} has more than {PRICE_PLACES} places.")
        object.__setattr__(self, "amount", amount)

    def extend(self, quantity: Quantity) -> Money:
        """Return price times quantity, rounded once to the penny.

        Raises: ValueError when the quantity is in another unit.
        """
        if quantity.unit != self.unit:
            raise ValueError(f"A price per {self.unit} cannot value {quantity.unit}.")
        return Money.rounded(_EXACT.multiply(self.amount, quantity.value), self.currency)
