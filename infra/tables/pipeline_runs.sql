-- Grain: run_id, ended_at.
CREATE TABLE `${project}.${warehouse}.pipeline_runs` (
  run_id STRING NOT NULL OPTIONS (description = "The run, as its records in the bucket name it"),
  as_of_date DATE OPTIONS (description = "The day the run stands for: it uses what happened before it"),
  state STRING NOT NULL OPTIONS (description = "SUCCEEDED, SUCCEEDED_WITH_WARNINGS, FAILED or CANCELLED"),
  started_at TIMESTAMP OPTIONS (description = "When the first step started"),
  ended_at TIMESTAMP NOT NULL OPTIONS (description = "When the exit task ran"),
  failed_step STRING OPTIONS (description = "The step that failed, null when none did"),
  error STRING OPTIONS (description = "Why it failed, null when it did not"),
  steps STRING OPTIONS (description = "JSON array: each step's state, times and counts")
)
PARTITION BY as_of_date
OPTIONS (description = "One row for each attempt at a run of the daily batch");
