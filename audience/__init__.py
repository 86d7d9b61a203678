"""Whom to treat, who is left alone to compare with, and what came of it: python -m audience."""
