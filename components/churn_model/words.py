"""The sentence for each family of features, as shown in a customer's reasons."""

import math
from collections.abc import Mapping
from string import Formatter
from typing import NamedTuple

import numpy as np

from components.churn_model.examples import Floats
from components.churn_model.features import FEATURES


class Sentence(NamedTuple):
    """The wording of a family, with its features in braces, and the wording if the first is missing."""

    words: str
    without: str = ""

    @property
    def features(self) -> list[str]:
        """The features that the sentence quotes."""
        return [name for _, name, _, _ in Formatter().parse(self.words) if name in FEATURES]

    @property
    def is_money(self) -> bool:
        """Whether the sentence quotes an amount with its currency."""
        return ":money" in self.words


SENTENCES = {
    "silence": Sentence(
        "buys every {gap_mean:day|days}, silent for {recency_days}",
        "one purchase, {recency_days:day|days} ago",
    ),
    "frequency": Sentence("bought on {visits:day|days} in all"),
    "recent visits": Sentence("bought on {visits_in_horizon} of the last {horizon} days"),
    "spend": Sentence("spent {spend:money} in all"),
    "last basket": Sentence("spent {spend_last:money} last time"),
    "recent spend": Sentence("spent {spend_in_horizon:money} in the last {horizon} days"),
    "items": Sentence("bought {items:item|items} in all"),
    "variety": Sentence("bought in {categories:category|categories}"),
    "weekend": Sentence("{weekend_share:share} of purchase days at weekends"),
    "longest gap": Sentence("longest gap so far {gap_longest:day|days}", "never came back so far"),
    "season": Sentence(
        "bought on {visits_same_window_last_year:day|days} in these weeks last year",
        "no history in these weeks last year",
    ),
    "last session": Sentence(
        "last seen on the site {days_since_session:day|days} ago", "not seen on the site"
    ),
    "sessions": Sentence(
        "{sessions_in_horizon:visit|visits} to the site in the last {horizon} days", "no visits known"
    ),
    "full carts": Sentence(
        "put {cart_adds_in_half_horizon:item|items} into the cart in the last {half} days", "no carts known"
    ),
}


class Quoted:
    """A feature's value in a sentence, formatted as money, a share, or a count."""

    def __init__(self, value: float, currency: str) -> None:
        """Store a value, rounded as it is shown, and its currency; empty when unknown."""
        self._value, self._currency = value, currency

    def __format__(self, kind: str) -> str:
        """Return the text; `day|days` gives the singular and plural of what is counted."""
        if kind == "share":
            return f"{self._value:.0%}"
        number = f"{self._value:,.0f}"
        if not kind:
            return number if self._value else "none"
        if kind == "money":
            return f"{number} {self._currency}".rstrip()
        one, _, more = kind.partition("|")
        return f"{number} {one if self._value == 1 else more}"


def rounded(feature: str, values: Floats) -> Floats:
    """Return values as shown: amounts to two significant digits, shares to the percent, counts whole."""
    if feature.startswith("spend"):
        size = 10.0 ** np.maximum(np.floor(np.log10(np.maximum(np.abs(values), 1.0))) - 1, 0)
        return np.asarray(np.round(values / size) * size, dtype=np.float64)
    return np.asarray(np.round(values, 2 if feature.endswith("share") else 0), dtype=np.float64)


def sentence_of(family: str, values: Mapping[str, float], horizon_days: int, currency: str = "") -> str:
    """Return a family's sentence about a customer, given the features it quotes, NaN if missing."""
    sentence = SENTENCES[family]
    said = {name: Quoted(value, currency) for name, value in values.items()}
    first = next(iter(values.values()))
    words = sentence.without if math.isnan(first) else sentence.words
    return words.format(**said, horizon=horizon_days, half=horizon_days // 2)
