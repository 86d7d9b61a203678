"""Dataform's REST API on this machine: the official compiler, run on the local BigQuery."""
