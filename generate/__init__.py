"""Everything in this project that is generated and committed: python -m generate."""
