"""What was agreed when a job began. Frozen in `jobs.terms`, so that a running job never looks its model up again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from decimal import ROUND_CEILING, Decimal, InvalidOperation, localcontext
from typing import Any

Amounts = Mapping[str, int]  # how much of each unit: {"pictures": 4}

PLACES = 9  # decimal places of a rate
HIGHEST = 1_000_000  # credits for one unit


@dataclass(frozen=True, slots=True)
class Terms:
    """Who makes the job, from which weights, and at which rates.

    `rates` are credits for one of each unit. `most` is the largest use that was agreed; its price is what is held.
    `deadline` is in seconds. `provider_model` is what a provider calls the model, and `costs` are the US dollars
    that it bills the operator for one of each unit that it counts.
    """

    engine: str
    rates: Mapping[str, Decimal]
    most: Amounts
    deadline: int
    family: str = ""
    weights: str = ""
    licence: str = ""
    provider_model: str = ""
    costs: Mapping[str, Decimal] = field(default_factory=dict)

    @property
    def held(self) -> int:
        """Credits to hold: the price of the largest use."""
        return self.charge(self.most)

    def charge(self, used: Amounts) -> int:
        """The price of `used` in credits, rounded up once for the whole job; units without a rate are free."""
        with localcontext(prec=60):
            exact = sum((self.rates.get(unit, Decimal(0)) * amount for unit, amount in used.items()), Decimal(0))
            return int(exact.to_integral_value(ROUND_CEILING))

    def exceeded(self, used: Amounts) -> str | None:
        """The first unit of which more was used than agreed; None if there is none."""
        return next((unit for unit, amount in used.items() if amount > self.most.get(unit, 0)), None)

    def to_json(self) -> dict[str, Any]:
        """The terms as `jobs.terms` keeps them: rates as decimal strings."""
        rates, costs = ({unit: written(rate) for unit, rate in each.items()} for each in (self.rates, self.costs))
        return {**asdict(self), "rates": rates, "costs": costs}

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> Terms:
        """The terms in a row of `jobs`; raises `ValueError` if they cannot be read."""
        try:
            rates = {unit: parse_rate(rate) for unit, rate in stored["rates"].items()}
            costs = {unit: parse_rate(rate) for unit, rate in stored.get("costs", {}).items()}
            return cls(**{**stored, "rates": rates, "costs": costs})
        except (KeyError, TypeError, AttributeError) as error:
            raise ValueError(f"these are no terms of a job: {error}") from None


def parse_rate(value: object) -> Decimal:
    """A rate as a catalog writes it: `2`, `0.003`, `"0.003"` or `"3/1000"`, exact to nine decimal places.

    Raises `ValueError` for anything else.
    """
    if isinstance(value, bool) or not isinstance(value, int | float | str | Decimal):
        raise ValueError("a rate is a number, as 2, 0.003 or '3/1000'")
    above, slash, below = str(value).partition("/")
    try:
        with localcontext(prec=60):
            rate = Decimal(above.strip())
            if slash:
                rate /= Decimal(below.strip())
            exact = rate.quantize(Decimal(1).scaleb(-PLACES))
    except (InvalidOperation, ZeroDivisionError):
        raise ValueError(f"{value!r} is no rate: write a number, as 2, 0.003 or '3/1000'") from None
    if exact != rate:
        raise ValueError(f"{value!r} has no exact value with {PLACES} decimal places: choose a rate that has")
    if not 0 <= rate <= HIGHEST:
        raise ValueError(f"a rate is between 0 and {HIGHEST:,} credits")
    return rate


def written(rate: Decimal) -> str:
    """A rate in its shortest decimal form: `1`, `0.003`."""
    plain = f"{rate:f}"
    return plain.rstrip("0").rstrip(".") if "." in plain else plain
