"""The churn model itself: what training, scoring and watching all use; no step."""
