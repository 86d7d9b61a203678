"""Whom to target, whom to hold out for comparison, and the outcome: python -m audience."""
