"""Bring a commit into an environment: python -m infra.deploy."""
