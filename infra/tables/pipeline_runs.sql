-- Grain: run_id, ended_at.
CREATE TABLE `${project}.${warehouse}.pipeline_runs` (
  run_id STRING NOT NULL OPTIONS (description = "The run, as its records in the bucket name it"),
  as_of_date DATE OPTIONS (description = "The as-of date of the run: it uses only what happened before it"),
  state STRING NOT NULL OPTIONS (description = "SUCCEEDED, SUCCEEDED_WITH_WARNINGS, FAILED or CANCELLED"),
  started_at TIMESTAMP OPTIONS (description = "When the first step started"),
  ended_at TIMESTAMP NOT NULL OPTIONS (description = "When the exit task ran"),
  failed_step STRING OPTIONS (description = "The step that failed, null when none did"),
  error STRING OPTIONS (description = "The cause of the failure, null when there was none"),
  steps STRING OPTIONS (description = "JSON array: each step's state, times and counts"),
  documents_read INT64 OPTIONS (description = "Firestore reads, as billed"),
  bytes_billed INT64 OPTIONS (description = "BigQuery's bytes, as billed on demand"),
  machine_seconds FLOAT64 OPTIONS (description = "Seconds of Vertex AI machines, summed over parallel ones"),
  estimated_cost FLOAT64 OPTIONS (description = "Estimated cost of the run in USD at list prices, before the free tier"),
  firestore_cost FLOAT64 OPTIONS (description = "The part of estimated_cost for documents read"),
  bigquery_cost FLOAT64 OPTIONS (description = "The part of estimated_cost for bytes billed"),
  vertex_cost FLOAT64 OPTIONS (description = "The part of estimated_cost for machines and the run fee"),
  step_costs STRING OPTIONS (description = "JSON array: each step's usage and its cost in USD by service")
)
PARTITION BY as_of_date
OPTIONS (description = "One row for each attempt at a run of the daily batch");
