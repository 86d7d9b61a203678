"""Terraform run against a stand-in for Google's providers: what a configuration would create."""
