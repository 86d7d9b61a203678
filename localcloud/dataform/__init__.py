"""Dataform's REST API on this machine: the official compiler, and runs on the local BigQuery."""
