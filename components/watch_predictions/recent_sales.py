"""What the newest sales say: categories never sold before, and whether sales have stopped."""

from dataclasses import dataclass
from datetime import date
from pathlib import Path

from google.cloud.bigquery import Client

from components.shared.queries import Value, read_sql, run_query

SQL = Path(__file__).with_name("recent_sales.sql")


@dataclass(frozen=True)
class RecentSales:
    """The share of sales in new categories; the newest day with a sale, and the longest pause before it.

    A pause is the days from one day with a sale to the next. Both are None where they are not known.
    """

    unseen_share: float
    newest_day: date | None
    longest_pause: int | None

    def pause(self, as_of: date) -> int | None:
        """Return the days without a sale before a run if they are more than ever between two sales."""
        if self.newest_day is None or self.longest_pause is None:
            return None
        days = (as_of - self.newest_day).days
        return days if days > self.longest_pause else None


def read_recent_sales(
    client: Client, identifiers: dict[str, str], parameters: dict[str, Value]
) -> RecentSales:
    """Return what the sales of the last horizon and the year before it say."""
    [row] = run_query(client, read_sql(SQL, **identifiers), parameters)
    return RecentSales(float(row.unseen_share or 0), row.newest_day, row.longest_pause)
