-- Grain: campaign, customer_key.
CREATE TABLE `${project}.${warehouse}.retention_audiences` (
  campaign STRING NOT NULL OPTIONS (description = "The campaign's name, which also seeds the holdout"),
  started_on DATE NOT NULL
    OPTIONS (description = "The day of the predictions behind the list, and the first day of the window"),
  closes_on DATE NOT NULL OPTIONS (description = "The day after the window: started_on + horizon_days"),
  horizon_days INT64 NOT NULL OPTIONS (description = "Length in days of the window that decides churn"),
  customer_key STRING NOT NULL OPTIONS (description = "The customer's pseudonym, as in dim_customer"),
  arm STRING NOT NULL OPTIONS (description = "listed, or held_out: the control group, which is not contacted"),
  holdout_share FLOAT64 NOT NULL OPTIONS (description = "Share of the campaign's customers held out"),
  call_rank INT64 NOT NULL OPTIONS (description = "The customer's rank in bi_customers_to_call that day"),
  segment STRING NOT NULL OPTIONS (description = "As in bi_customers_to_call that day"),
  churn_probability FLOAT64 NOT NULL OPTIONS (description = "Predicted probability of no purchase in the window"),
  expected_spend FLOAT64 NOT NULL
    OPTIONS (description = "Predicted spend in the window, in the row's currency"),
  value FLOAT64 NOT NULL OPTIONS (description = "As in bi_customers_to_call that day"),
  expected_loss FLOAT64 NOT NULL OPTIONS (description = "As in bi_customers_to_call that day"),
  currency STRING NOT NULL OPTIONS (description = "The customer's currency, or unknown"),
  days_since_last_purchase INT64 OPTIONS (description = "Days from the last purchase to started_on"),
  product_category STRING NOT NULL OPTIONS (description = "The customer's preferred category that day, or unknown"),
  channel STRING NOT NULL OPTIONS (description = "The customer's preferred channel that day, or unknown"),
  reasons STRING NOT NULL OPTIONS (description = "What raised and lowered the risk, in words, strongest first")
)
PARTITION BY started_on
CLUSTER BY campaign, customer_key
OPTIONS (description = "Customers listed in a campaign and held out, as known on its day")
