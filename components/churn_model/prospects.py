"""Prospects beyond the horizon: is a customer still active, and when is the next purchase.

MBG/NBD answers both; its answers are shifted by as much as the whole model differs from it on silence.
"""

from datetime import date

import numpy as np
import pyarrow as pa

from components.churn_model.examples import Floats
from components.churn_model.lifetime import alive_log_odds, days_until
from components.churn_model.model import ChurnModel
from components.churn_model.probability import clip, from_log_odds, to_log_odds

CHANCES = (0.1, 0.5, 0.9)  # of having bought by a date: the interval's ends and the expected date
HORIZONS_AHEAD = 2  # beyond which no date is given
PLACES = 6
COLUMNS = pa.schema(
    [
        pa.field("probability_alive", pa.float64()),
        pa.field("expected_next_purchase", pa.date32()),
        pa.field("expected_next_purchase_low", pa.date32()),
        pa.field("expected_next_purchase_high", pa.date32()),
    ]
)


def prospects(model: ChurnModel, features: Floats, silent: Floats, at: date) -> list[pa.Array]:
    """Return COLUMNS for rows by NAMES, given the model's probability of no purchase for each.

    All are null if the model ranks customers no better than the base rate does.
    """
    if not model.ranks:
        return [pa.nulls(len(features), field.type) for field in COLUMNS]
    low, middle, high = days_to_next(model, features, silent)
    alive = np.round(probability_alive(model, features, silent), PLACES)
    return [pa.array(alive), *(_dates(at, days) for days in (middle, low, high))]


def probability_alive(model: ChurnModel, features: Floats, silent: Floats) -> Floats:
    """Return MBG/NBD's probability that a customer has not left, shifted as the model shifts silence."""
    moved = to_log_odds(silent) - to_log_odds(_by_purchases(model, features))
    return from_log_odds(alive_log_odds(model.purchases, features) - moved)


def days_to_next(model: ChurnModel, features: Floats, silent: Floats) -> list[Floats]:
    """Return the days within which the next purchase comes, for each of CHANCES.

    All are NaN if an even chance lies beyond HORIZONS_AHEAD, and the last alone if only that one does.
    """
    power = np.log(clip(silent)) / np.log(clip(_by_purchases(model, features)))
    early, middle, late = (days_until(model.purchases, features, power, chance) for chance in CHANCES)
    longest = HORIZONS_AHEAD * model.horizon_days
    return [np.where((middle <= longest) & (days <= longest), days, np.nan) for days in (early, middle, late)]


def _by_purchases(model: ChurnModel, features: Floats) -> Floats:
    return model.purchases.silence_probability(features, model.horizon_days)


def _dates(at: date, days: Floats) -> pa.Array:
    """Return the dates that many days after a date, null where the days are NaN."""
    whole = np.where(np.isnan(days), 0, days).astype("timedelta64[D]")
    return pa.array(np.datetime64(at, "D") + whole, pa.date32(), mask=np.isnan(days))
