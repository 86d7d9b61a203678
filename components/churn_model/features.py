"""The features a churn model reads, as extract_features writes them, and the words for what they say."""

from typing import NamedTuple

FEATURES = {
    "recency_days": "recency",
    "recency_over_tenure": "recency",
    "tenure_days": "tenure",
    "visits": "frequency",
    "sales": "frequency",
    "visits_in_quarter_horizon": "recent visits",
    "visits_in_half_horizon": "recent visits",
    "visits_in_horizon": "recent visits",
    "visits_in_2_horizons": "recent visits",
    "visits_in_4_horizons": "frequency",
    "visits_decayed_fast": "recent visits",
    "visits_decayed": "recent visits",
    "visits_decayed_slowly": "frequency",
    "visits_trend": "trend",
    "spend": "spend",
    "spend_mean": "basket",
    "spend_largest": "basket",
    "spend_last": "last basket",
    "spend_last_over_mean": "last basket",
    "spend_in_half_horizon": "recent spend",
    "spend_in_horizon": "recent spend",
    "spend_in_2_horizons": "recent spend",
    "spend_in_4_horizons": "spend",
    "spend_trend": "trend",
    "items": "items",
    "categories": "variety",
    "weekend_share": "weekend",
    "gap_mean": "rhythm",
    "gap_deviation": "regularity",
    "gap_variation": "regularity",
    "gap_longest": "longest gap",
    "gap_last": "last gap",
    "longer_gap_share": "silence",
    "recency_over_gap_mean": "silence",
    "recency_over_gap_longest": "silence",
    "visits_same_window_last_year": "season",
    "days_since_session": "last session",
    "sessions_in_quarter_horizon": "sessions",
    "sessions_in_horizon": "sessions",
    "cart_adds_in_half_horizon": "full carts",
    "history_days": "history",
}
NAMES = list(FEATURES)
FAMILIES = list(dict.fromkeys(FEATURES.values()))


class Sentence(NamedTuple):
    """How a family is put into words: the feature it quotes, how the value is rounded, and the words."""

    feature: str
    words: str
    decimals: int = 0
    without: str = ""


SENTENCES = {
    "recency": Sentence("recency_days", "last purchase {value:,.0f} days ago"),
    "tenure": Sentence("tenure_days", "customer for {value:,.0f} days"),
    "frequency": Sentence("visits", "purchases on {value:,.0f} days in all"),
    "recent visits": Sentence("visits_in_horizon", "purchases on {value:,.0f} of the last {horizon} days"),
    "trend": Sentence("visits_trend", "{value:+,.0f} purchase days against the {horizon} days before"),
    "spend": Sentence("spend", "total spend {value:,.0f}", -1),
    "basket": Sentence("spend_mean", "spends {value:,.0f} on a purchase day", -1),
    "last basket": Sentence("spend_last", "spent {value:,.0f} at the last purchase", -1),
    "recent spend": Sentence("spend_in_horizon", "spent {value:,.0f} in the last {horizon} days", -1),
    "items": Sentence("items", "{value:,.0f} items bought in all"),
    "variety": Sentence("categories", "bought in {value:,.0f} categories"),
    "weekend": Sentence("weekend_share", "{value:.0%} of purchase days at weekends", 2),
    "rhythm": Sentence("gap_mean", "buys every {value:,.0f} days on average", 0, "only one purchase day"),
    "regularity": Sentence(
        "gap_deviation",
        "gaps between purchases vary by {value:,.0f} days",
        0,
        "too few purchases for a rhythm",
    ),
    "longest gap": Sentence(
        "gap_longest", "longest gap so far {value:,.0f} days", 0, "never came back so far"
    ),
    "last gap": Sentence("gap_last", "last gap {value:,.0f} days", 0, "no second purchase yet"),
    "silence": Sentence(
        "recency_over_gap_mean", "silent for {value:,.1f} times the usual gap", 1, "no usual gap known"
    ),
    "season": Sentence(
        "visits_same_window_last_year",
        "purchases on {value:,.0f} days in these weeks last year",
        0,
        "no history in these weeks last year",
    ),
    "last session": Sentence(
        "days_since_session", "last seen on the site {value:,.0f} days ago", 0, "not seen on the site"
    ),
    "sessions": Sentence(
        "sessions_in_horizon", "{value:,.0f} sessions in the last {horizon} days", 0, "no sessions known"
    ),
    "full carts": Sentence(
        "cart_adds_in_half_horizon",
        "{value:,.0f} cart additions in the last {half} days",
        0,
        "no cart additions known",
    ),
}


def sentence_of(family: str, value: float, horizon_days: int) -> str:
    """Return what a family says of a customer, in words; a value that is missing is NaN."""
    sentence = SENTENCES[family]
    if value != value:
        return sentence.without
    return sentence.words.format(value=value, horizon=horizon_days, half=horizon_days // 2)
