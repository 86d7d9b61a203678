"""Feature rows as a matrix: training examples all at once, scoring examples batch by batch."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from components.churn_model.features import FEATURES, NAMES
from components.shared.errors import StepError

SPENT, CURRENCY = "spent_in_horizon", "currency"
MIXED = ""  # the currency of customers who pay in several, whose amounts cannot be added up

type Floats = npt.NDArray[np.float64]
type Flags = npt.NDArray[np.bool_]
type Texts = npt.NDArray[np.str_]


@dataclass(frozen=True)
class Money:
    """What each row's customer spent within the horizon, and the currency that the customer pays in.

    spent is NaN for spend in several currencies, or in a different one than before.
    """

    spent: Floats
    currencies: Texts

    def take(self, rows: Flags) -> "Money":
        """Return the rows that the mask selects."""
        return Money(self.spent[rows], self.currencies[rows])


@dataclass(frozen=True)
class Examples:
    """Features (rows by FEATURES), whether each row's customer churned, and each row's cut-off.

    money is None for examples that were extracted before spend was recorded.
    """

    features: Floats
    churned: Flags
    cutoff_dates: npt.NDArray[np.datetime64]
    money: Money | None = None

    def take(self, rows: Flags) -> "Examples":
        """Return the rows that the mask selects."""
        money = self.money.take(rows) if self.money else None
        return Examples(self.features[rows], self.churned[rows], self.cutoff_dates[rows], money)

    @property
    def newest_cutoff(self) -> date:
        """The newest cut-off."""
        newest: date = self.cutoff_dates.max().item()
        return newest

    @property
    def newest(self) -> "Examples":
        """The rows of the newest cut-off."""
        return self.take(self.cutoff_dates == self.cutoff_dates.max())

    @property
    def rarer(self) -> int:
        """The number of rows of the rarer class."""
        return int(min(self.churned.sum(), (~self.churned).sum()))


def to_matrix(table: pa.Table) -> Floats:
    """Return a table's features as rows by FEATURES, with NaN for missing values."""
    if missing := FEATURES.keys() - set(table.column_names):
        raise StepError(
            f"the examples lack the columns {', '.join(sorted(missing))}: the table was created by another "
            "version of extract_features; drop it and run extract_features again"
        )
    features = np.column_stack([table[name].cast(pa.float64()).to_numpy() for name in FEATURES])
    if len(infinite := np.flatnonzero(np.isinf(features).any(axis=0))):
        names = ", ".join(NAMES[column] for column in infinite)
        raise StepError(f"the examples are infinite in {names}: correct the sales and extract features again")
    return features


def to_currencies(table: pa.Table) -> Texts:
    """Return the currency that each row's customer pays in; MIXED for several."""
    if CURRENCY not in table.column_names:
        return np.full(table.num_rows, MIXED)
    return np.asarray(table[CURRENCY].fill_null(MIXED).to_numpy(zero_copy_only=False), dtype=np.str_)


def to_money(table: pa.Table) -> Money | None:
    """Return the spend within the horizon; None if the table is older than that column."""
    if SPENT not in table.column_names:
        return None
    return Money(table[SPENT].cast(pa.float64()).to_numpy(), to_currencies(table))


def _concatenate_money(parts: list[Money | None]) -> Money | None:
    known = [part for part in parts if part]
    if len(known) < len(parts):
        return None
    return Money(
        np.concatenate([part.spent for part in known]), np.concatenate([part.currencies for part in known])
    )


def collect_examples(tables: Iterable[pa.Table]) -> Examples | None:
    """Return the training examples of all tables, or None if there are none."""
    parts = [
        Examples(
            to_matrix(table),
            table["churned"].to_numpy().astype(bool),
            table["cutoff_date"].to_numpy().astype("datetime64[D]"),
            to_money(table),
        )
        for table in tables
    ]
    if not parts:
        return None
    return Examples(
        np.concatenate([part.features for part in parts]),
        np.concatenate([part.churned for part in parts]),
        np.concatenate([part.cutoff_dates for part in parts]),
        _concatenate_money([part.money for part in parts]),
    )
