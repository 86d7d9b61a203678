"""Find the very first sale, as known before a day, by searching only the oldest months."""

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import cast

from google.cloud.bigquery import Client

from components.shared.errors import StepError
from components.shared.queries import MissingTableError, Value, read_sql, run_query

FOLDER = Path(__file__).parent
FIRST_DAYS = 31


def find_first_sale(client: Client, project: str, warehouse_dataset: str, as_of: date) -> date:
    """Return the date of the first completed sale; raise StepError if none is known before the date.

    Each query covers all sales until a later date: the months' statistics only decide what is read.
    """
    place = {"project": project, "warehouse_dataset": warehouse_dataset}
    oldest = _date_of(client, "oldest_month.sql", place, {})
    try:
        for until in search_dates(oldest, as_of):
            parameters: dict[str, Value] = {"as_of": as_of, "sought_until": until}
            if found := _date_of(client, "find_first_sale.sql", place, parameters):
                return found
    except MissingTableError as error:
        raise StepError(
            f"{project}.{warehouse_dataset}.fct_sale_versions does not exist: run run_dataform first"
        ) from error
    raise StepError(
        f"{project}.{warehouse_dataset}.fct_sale_versions has no completed sale before {as_of}: "
        "choose a later as_of, or export and transform sales first"
    )


def search_dates(oldest: date | None, as_of: date) -> Iterator[date]:
    """Yield the dates to search until: a month, then twice as long each time, finally the as-of date."""
    days = FIRST_DAYS
    while oldest and oldest + timedelta(days=days) < as_of:
        yield oldest + timedelta(days=days)
        days *= 2
    yield as_of


def _date_of(client: Client, file: str, place: dict[str, str], parameters: dict[str, Value]) -> date | None:
    [row] = run_query(client, read_sql(FOLDER / file, **place), parameters)
    return cast("date | None", row[0])
