"""Lists of customers to target: from the newest predictions, or as a campaign recorded them."""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

from audience.estimate import LEAST_HELD_OUT
from audience.warehouse import Row, Warehouse
from components.shared.errors import ArgumentsError, StepError
from components.shared.queries import Value

VIEWS = {False: "bi_customers_to_call", True: "bi_lapsed_customers"}
MOST_HELD_OUT = 0.5  # as a share
MOST = 10_000  # customers that dataform/includes/worth.js ranks
NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}")
AGAIN = "--campaign {} writes its list again"
NOBODY = (
    "no customers to list: the newest predictions are older than 30 days; or they are the base rate, "
    "because no model is better than chance (the run's warning gives the reason and what may help); or "
    "no customer has spent in that currency within a year; or all are in running campaigns"
)


@dataclass(frozen=True)
class Choice:
    """Which ranked customers to choose: how many, in which currency (empty for any), and lapsed or not."""

    top: int
    currency: str = ""
    lapsed: bool = False

    def __post_init__(self) -> None:
        """Raise ArgumentsError unless top is between 1 and MOST."""
        if not 1 <= self.top <= MOST:
            raise ArgumentsError(f"--top {self.top}: give 1 to {MOST:,}")

    @property
    def view(self) -> str:
        """The view that ranks them."""
        return VIEWS[self.lapsed]

    @property
    def parameters(self) -> dict[str, Value]:
        """The query parameters."""
        return {"top": self.top, "currency": self.currency}


def choose_customers(warehouse: Warehouse, choice: Choice) -> list[Row]:
    """Return the chosen customers of the newest predictions, except those in a running campaign.

    Raises StepError if there are none.
    """
    if rows := warehouse.ask("listed", choice.parameters, view=choice.view):
        return rows
    raise StepError(NOBODY)


def lapsed_shares(rows: Sequence[Row]) -> dict[str, float]:
    """Return, by currency, the share of the value at risk of lapsed customers, if the rows have it."""
    found = {row["currency"]: row.get("lapsed_share") for row in rows}
    return {currency: share for currency, share in sorted(found.items()) if share is not None}


def read_list(warehouse: Warehouse, campaign: str) -> list[Row]:
    """Return the customers that a campaign lists, as recorded; raise StepError if it does not exist."""
    if rows := warehouse.ask("listed_in", {"campaign": campaign}):
        return rows
    raise StepError(f"there is no campaign {campaign}: python -m audience start creates one")


def add_ids(warehouse: Warehouse, rows: Sequence[Row]) -> list[Row]:
    """Return the rows with the shop's own customer_id, without customers whom the shop no longer has.

    Raises StepError if the contacts may not be read, or if none of the customers is among them.
    """
    ids = ids_of(warehouse, [row["customer_key"] for row in rows])
    if not ids:
        raise StepError(
            f"{warehouse.datasets['contacts']} has none of these ids: the next run of the batch adds them"
        )
    return [row | {"customer_id": ids[row["customer_key"]]} for row in rows if row["customer_key"] in ids]


def ids_of(warehouse: Warehouse, keys: Sequence[str]) -> dict[str, str]:
    """Return the shop's own ids by pseudonym; raise StepError if they may not be read."""
    return {row["customer_key"]: row["customer_id"] for row in warehouse.ask("contacts", {"keys": keys})}


def start(warehouse: Warehouse, campaign: str, choice: Choice, holdout_share: float) -> Row:
    """Record who is listed and who is held out; return the counts, started_on and closes_on.

    Raises StepError, with nothing recorded, if the name is taken or too few are held out.
    """
    if not NAME.fullmatch(campaign):
        raise ArgumentsError(
            f"{campaign!r} is not a valid campaign name: use a-z, 0-9, - and _, as in spring-2026"
        )
    if not 0 < holdout_share <= MOST_HELD_OUT:
        raise ArgumentsError(
            f"--holdout-share {holdout_share}: give more than 0 and at most {MOST_HELD_OUT}, such as 0.1"
        )
    [before] = warehouse.ask("campaign", {"campaign": campaign})
    if before["started_on"]:
        raise StepError(f"{campaign} was started on {before['started_on']}: {AGAIN.format(campaign)}")
    parameters: dict[str, Value] = {
        "campaign": campaign,
        "holdout_share": holdout_share,
        "least_held_out": LEAST_HELD_OUT,
    }
    [made] = warehouse.ask("start", choice.parameters | parameters, view=choice.view)
    if not made["customers"]:
        raise StepError(NOBODY)
    if made["held_out"] < LEAST_HELD_OUT:
        raise StepError(_too_few(made, holdout_share))
    if not made["recorded"]:
        raise StepError(f"{campaign} has just been started by somebody else: {AGAIN.format(campaign)}")
    return made


def _too_few(made: Row, share: float) -> str:
    return (
        f"only {made['held_out']:,} of {made['customers']:,} customers would be held out, but "
        f"{LEAST_HELD_OUT} are needed to measure an effect: {_remedy(made, share)}list without measuring "
        "(python -m audience --top N)"
    )


def _remedy(made: Row, share: float) -> str:
    """Return what holds out enough customers of those who can be listed, if anything does."""
    available = made["available"]
    if made["customers"] < customers_needed(share) <= available:
        return f"list {customers_needed(share):,}, raise --holdout-share, or "
    limit = f"no more than {available:,} customers can be listed; "
    shares = [percent / 100 for percent in range(int(100 * share) + 1, int(100 * MOST_HELD_OUT) + 1)]
    enough = next((each for each in shares if customers_needed(each) <= available), None)
    if enough is None:
        return limit
    top = f" --top {available}" if made["customers"] < available else ""
    return f"{limit}give --holdout-share {enough}{top}, or "


def customers_needed(share: float) -> int:
    """Return how many customers yield at least LEAST_HELD_OUT held out at a share, 39 times in 40."""
    root = math.sqrt(1 - share)
    return math.ceil(((root + math.sqrt(1 - share + LEAST_HELD_OUT)) ** 2) / share)
