"""What the dashboard covers: its day, the length of its periods, the names that get their own line."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Self

from components.shared.queries import Value

# A period, the finest unit for choosing dates, is a day, or a week if the history has more days than this.
LONGEST_BY_DAY = 1100
WEEK_DAYS = 7
# Stands in for an empty list of names: BigQuery rejects an empty list whose type it cannot infer.
NO_NAMES = ("unknown",)


@dataclass(frozen=True)
class Extent:
    """The days and names that the queries are limited to, and the sources that the warehouse has.

    hidden_currencies is the number of currencies that have no place, so that their amounts are not shown.
    """

    as_of: date
    prediction_date: date
    first_day: date
    sources: tuple[str, ...]
    categories: tuple[str, ...]
    channels: tuple[str, ...]
    currencies: tuple[str, ...]
    hidden_currencies: int

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> Self:
        """Return the extent that a row of extent.sql describes; a warehouse without sales has one too."""
        as_of = row["as_of"]
        return cls(
            as_of=as_of,
            prediction_date=row["prediction_date"] or as_of,
            first_day=row["first_day"] or as_of,
            sources=tuple(row["sources"] or ()),
            categories=tuple(row["categories"]) or NO_NAMES,
            channels=tuple(row["channels"]) or NO_NAMES,
            currencies=tuple(row["currencies"]) or NO_NAMES,
            hidden_currencies=max(row["currency_count"] - len(row["currencies"]), 0),
        )

    @property
    def period_days(self) -> int:
        """The length of a period in days: longer for a long history, so that the page stays small."""
        return 1 if (self.as_of - self.first_day).days <= LONGEST_BY_DAY else WEEK_DAYS

    def parameters(self) -> dict[str, Value]:
        """Return the query parameters by name."""
        return {
            "as_of": self.as_of,
            "prediction_date": self.prediction_date,
            "first_day": self.first_day,
            "categories": self.categories,
            "channels": self.channels,
            "currencies": self.currencies,
            "period_days": self.period_days,
        }
