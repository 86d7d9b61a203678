-- Grain: as_of_date, customer_key.
-- One row per customer at the as-of date: the columns of the other table, except the cut-off and the labels.
CREATE TABLE `${project}.${features}.churn_scoring_examples`
PARTITION BY as_of_date
CLUSTER BY customer_key
OPTIONS (description = "Features of each customer at the as-of date")
AS SELECT * EXCEPT (cutoff_date, churned, spent_in_horizon) FROM `${project}.${features}.churn_training_examples`;
