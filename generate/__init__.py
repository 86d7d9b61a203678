"""All that is generated in this project and committed: python -m generate."""
