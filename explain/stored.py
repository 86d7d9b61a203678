"""What is stored about a customer's day: the prediction, the scored features, the sales known then."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import date, datetime
from typing import Any, Self

from components.churn_model.features import FEATURES
from components.shared.errors import StepError
from components.shared.queries import Value
from explain.places import Places, Row

COMPARED = ("sale_date", "product_category", "quantity", "total_amount", "currency", "status")
MOST_DAYS = 10  # days that an error lists one by one


class FromRow:
    """A dataclass built from a row's columns of the same names."""

    @classmethod
    def of(cls, row: Mapping[str, Any], **more: Any) -> Self:
        """Return an instance from a row, which may have other columns too."""
        names = {field.name for field in fields(cls)}  # type: ignore[arg-type]
        return cls(**{name: value for name, value in row.items() if name in names}, **more)


@dataclass(frozen=True)
class Prediction(FromRow):
    """A row of fact_predictions_churn, and the decile given by its rank among the day's probabilities.

    Amounts are in currency; unknown ones are None.
    """

    prediction_date: date
    customer_key: str
    churn_probability: float
    risk_band: str
    decile: int
    decile_by_place: int
    top_reasons: list[str]
    model_version: str
    horizon_days: int
    pipeline_run_id: str
    scored_at: datetime
    expected_spend: float | None
    expected_spend_low: float | None
    expected_spend_high: float | None
    value_at_risk: float | None
    currency: str | None


@dataclass(frozen=True)
class Peers(FromRow):
    """The day's customers who pay in the same currency: their means, and the customer's rank among them."""

    customers: int
    mean_spend: float
    mean_at_risk: float
    spend_place: int
    risk_place: int


@dataclass(frozen=True)
class Sale(FromRow):
    """A sale as it was known."""

    sale_id: str
    sale_date: date
    product_category: str | None
    quantity: int | None
    total_amount: float | None
    currency: str | None
    status: str
    known_from_date: date


@dataclass(frozen=True)
class Rewritten(FromRow):
    """A sale that has changed since: how, since when, what was known of it then and what is now, if any."""

    sale_id: str
    how: str
    since: date
    known: Row | None
    today: Row | None

    @property
    def changes(self) -> dict[str, tuple[Any, Any]]:
        """The known and the present values, for the columns in which they differ."""
        if self.known is None or self.today is None:
            return {}
        pairs = {name: (self.known[name], self.today[name]) for name in COMPARED}
        return {name: pair for name, pair in pairs.items() if pair[0] != pair[1]}


@dataclass(frozen=True)
class Past:
    """The newest sales known on a day, and the newest of those rewritten since."""

    sales: int
    completed: int
    newest: list[Sale]
    rewritten: int
    newest_rewritten: list[Rewritten]


def read_prediction(places: Places, customer_key: str, on: date) -> Prediction:
    """Return the prediction of a day; if it has none, raise StepError naming the days that do."""
    rows = places.ask("prediction", {"customer_key": customer_key, "on": on})
    if not rows:
        raise _no_prediction(places, customer_key, on)
    [row] = rows
    return Prediction.of(row)


def read_peers(places: Places, prediction: Prediction) -> Peers | None:
    """Return the day's customers whose amounts can be compared; None if the customer's own are unknown."""
    spend, at_risk = prediction.expected_spend, prediction.value_at_risk
    if spend is None or at_risk is None or prediction.currency is None:
        return None
    parameters: dict[str, Value] = {
        "on": prediction.prediction_date,
        "currency": prediction.currency,
        "expected_spend": spend,
        "value_at_risk": at_risk,
    }
    [row] = places.ask("peers", parameters)
    return Peers.of(row)


def _no_prediction(places: Places, customer_key: str, on: date) -> StepError:
    [found] = places.ask("days", {"customer_key": customer_key})
    days, first = found["days"], found["first_known_from_date"]
    if days:
        return StepError(f"there is no prediction of {on} for {customer_key}: {_say_days(days, on)}")
    if first:
        return StepError(
            f"there is no prediction for {customer_key} on any day, though a sale is known since {first}: "
            "run the batch as of a later day, once a sale is completed"
        )
    return StepError(
        f"{customer_key} is unknown: no sale and no prediction has this customer_key; look it up in "
        "dim_customer, or give the shop's own id, as it is written there, with --shop-id"
    )


def _say_days(days: list[date], on: date) -> str:
    if len(days) <= MOST_DAYS:
        return f"choose one of {', '.join(map(str, days))}"
    nearest = min(days, key=lambda day: abs(day - on))
    return f"choose one of the {len(days)} days from {days[0]} to {days[-1]}, such as {nearest}"


def read_past(places: Places, customer_key: str, on: date) -> Past:
    """Return the sales known on the day, and how they differ today."""
    parameters: dict[str, Value] = {"customer_key": customer_key, "on": on}
    known = places.ask("known_sales", parameters)
    rewritten = places.ask("rewritten_sales", parameters)
    return Past(
        sales=known[0]["sales"] if known else 0,
        completed=known[0]["completed"] if known else 0,
        newest=[Sale.of(row) for row in known],
        rewritten=rewritten[0]["sales"] if rewritten else 0,
        newest_rewritten=[_parse_rewritten(row) for row in rewritten],
    )


def _parse_rewritten(row: Row) -> Rewritten:
    known, today = ({name: row[f"{when}_{name}"] for name in COMPARED} for when in ("known", "today"))
    return Rewritten.of(
        row,
        known=None if row["how"] == "not known then" else known,
        today=None if row["how"] == "gone" else today,
    )


def read_features(places: Places, customer_key: str, on: date) -> Row | None:
    """Return the row of features that was scored; None if it is no longer stored."""
    rows = places.ask("stored_features", {"customer_key": customer_key, "on": on})
    return rows[0] if rows else None


def read_meanings(places: Places) -> dict[str, str]:
    """Return what each feature means, from the table's column descriptions."""
    table = f"{places.client.project}.{places.features_dataset}.churn_scoring_examples"
    return {
        column.name: column.description or ""
        for column in places.client.get_table(table).schema
        if column.name in FEATURES
    }
