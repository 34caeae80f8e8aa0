"""Money, quantities and unit prices, in decimals only.

>>> UnitPrice(Decimal("0.0125"), "EA").extend(Quantity(Decimal(500), "EA"))
Money(amount=Decimal('6.25'), currency='GBP')
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal

PENNY = Decimal("0.01")
PRICE_PLACES = 6


class LossyAmount(ValueError):
    """An amount finer than a penny, or a float: a mistake in the program, never a refusal."""


def _decimal(value: object) -> Decimal:
    if isinstance(value, bool) or not isinstance(value, Decimal | int):
        raise LossyAmount(f"{value!r} is not a whole number or a Decimal.")
    number = Decimal(value)
    if not number.is_finite():
        raise LossyAmount(f"{value!r} is not a finite number.")
    return number


@dataclass(frozen=True, slots=True, order=True)
class Money:
    """An amount in whole pence of one currency.

    >>> Money(Decimal("1.10")) + Money(Decimal("2.05"))
    Money(amount=Decimal('3.15'), currency='GBP')
    """

    amount: Decimal
    currency: str = "GBP"

    def __post_init__(self) -> None:
        amount = _decimal(self.amount)
        whole = amount.quantize(PENNY)
        if whole != amount:
            raise LossyAmount(f"{amount} has parts of a penny.")
        object.__setattr__(self, "amount", whole)

    @classmethod
    def rounded(cls, amount: Decimal, currency: str = "GBP") -> Money:
        """Return `amount` rounded half up (away from zero) to the penny: the only rounding here.

        >>> Money.rounded(Decimal("-1.005")).amount
        Decimal('-1.01')
        """
        return cls(_decimal(amount).quantize(PENNY, rounding=ROUND_HALF_UP), currency)

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
        return Money(self.amount + other.amount, self.currency)

    def __sub__(self, other: Money) -> Money:
        self._same(other)
        return Money(self.amount - other.amount, self.currency)

    def __neg__(self) -> Money:
        return Money(-self.amount, self.currency)

    def split(self, weights: Sequence[Decimal]) -> list[Money]:
        """Share the amount out by weight, so that the parts sum to the whole.

        Shapes: one part a weight, in their order; pennies left over go to the largest remainders,
        ties to the earlier.
        Raises: ValueError when the weights are negative or sum to nought.
        """
        total = sum(map(_decimal, weights), Decimal(0))
        if total <= 0 or any(weight < 0 for weight in weights):
            raise ValueError("Weights must be positive and sum to more than nought.")
        pence = abs(self.amount) / PENNY
        exact = [pence * weight / total for weight in weights]
        floors = [share.to_integral_value(rounding=ROUND_DOWN) for share in exact]
        left = int(pence - sum(floors, Decimal(0)))
        by_remainder = sorted(range(len(exact)), key=lambda i: (floors[i] - exact[i], i))
        for index in by_remainder[:left]:
            floors[index] += 1
        sign = -1 if self.amount < 0 else 1
        return [Money(sign * share * PENNY, self.currency) for share in floors]


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
        if amount != amount.quantize(Decimal(1).scaleb(-PRICE_PLACES)):
            raise LossyAmount(f"{amount} has more than {PRICE_PLACES} places.")
        object.__setattr__(self, "amount", amount)

    def extend(self, quantity: Quantity) -> Money:
        """Return price times quantity, rounded once to the penny.

        Raises: ValueError when the quantity is in another unit.
        """
        if quantity.unit != self.unit:
            raise ValueError(f"A price per {self.unit} cannot value {quantity.unit}.")
        return Money.rounded(self.amount * quantity.value, self.currency)
