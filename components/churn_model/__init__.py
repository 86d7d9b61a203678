"""The churn model itself, which training, scoring and monitoring all use; not a step."""
