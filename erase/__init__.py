"""Erase a person from everything that the platform keeps: python -m erase."""
