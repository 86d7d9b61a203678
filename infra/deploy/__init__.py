"""Deploy a commit to an environment: python -m infra.deploy."""
