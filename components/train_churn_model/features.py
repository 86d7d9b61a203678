"""The features a churn model reads, as extract_features writes them, in the words that people read."""

from typing import NamedTuple


class Feature(NamedTuple):
    """A feature's family, of which a prediction's reasons name one member at most, and its label."""

    family: str
    label: str


FEATURES = {
    "recency_days": Feature("recency", "days since the last purchase"),
    "recency_over_tenure": Feature("recency", "days since the last purchase against days as a customer"),
    "tenure_days": Feature("tenure", "days as a customer"),
    "visits": Feature("visits", "days with a purchase"),
    "sales": Feature("visits", "purchases"),
    "visits_in_quarter_horizon": Feature("recent visits", "days with a purchase in the last {quarter} days"),
    "visits_in_half_horizon": Feature("recent visits", "days with a purchase in the last {half} days"),
    "visits_in_horizon": Feature("recent visits", "days with a purchase in the last {horizon} days"),
    "visits_in_2_horizons": Feature("recent visits", "days with a purchase in the last {twice} days"),
    "visits_in_4_horizons": Feature("visits", "days with a purchase in the last {fourfold} days"),
    "visits_decayed_fast": Feature("recent visits", "very recent days with a purchase"),
    "visits_decayed": Feature("recent visits", "recent days with a purchase"),
    "visits_decayed_slowly": Feature("visits", "days with a purchase, older ones counting less"),
    "visits_trend": Feature("trend", "change in days with a purchase"),
    "spend": Feature("spend", "total spend"),
    "spend_mean": Feature("basket", "spend on a day with a purchase"),
    "spend_largest": Feature("basket", "largest spend on one day"),
    "spend_last": Feature("basket", "spend on the last day with a purchase"),
    "spend_last_over_mean": Feature("basket", "last spend against the customer's mean"),
    "spend_in_half_horizon": Feature("recent spend", "spend in the last {half} days"),
    "spend_in_horizon": Feature("recent spend", "spend in the last {horizon} days"),
    "spend_in_2_horizons": Feature("recent spend", "spend in the last {twice} days"),
    "spend_in_4_horizons": Feature("spend", "spend in the last {fourfold} days"),
    "spend_trend": Feature("trend", "change in spend"),
    "items": Feature("basket", "items bought"),
    "categories": Feature("variety", "product categories bought"),
    "weekend_share": Feature("weekend", "share of purchases at weekends"),
    "gap_mean": Feature("rhythm", "mean days between purchases"),
    "gap_deviation": Feature("rhythm", "irregularity of the days between purchases"),
    "gap_variation": Feature("rhythm", "irregularity against the mean days between purchases"),
    "gap_longest": Feature("rhythm", "longest wait between purchases"),
    "gap_last": Feature("rhythm", "latest wait between purchases"),
    "longer_gap_share": Feature("silence", "share of earlier waits longer than the present one"),
    "recency_over_gap_mean": Feature("silence", "present wait against the customer's mean"),
    "recency_over_gap_longest": Feature("silence", "present wait against the customer's longest"),
    "visits_same_window_last_year": Feature("season", "days with a purchase in the same weeks last year"),
    "history_days": Feature("history", "days of data behind the cut-off"),
}


def label_of(feature: str, horizon_days: int) -> str:
    """Return a feature's label with its windows in days."""
    return FEATURES[feature].label.format(
        quarter=horizon_days // 4,
        half=horizon_days // 2,
        horizon=horizon_days,
        twice=2 * horizon_days,
        fourfold=4 * horizon_days,
    )
