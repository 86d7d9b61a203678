"""Anybody's sales: their files read, what they mean, and what they become."""
