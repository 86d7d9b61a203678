"""The probabilities of churn from which a customer is at high and at medium risk."""

from components.shared.queries import Value

RISK_BANDS: dict[str, Value] = {"high_risk": 0.7, "medium_risk": 0.4}
