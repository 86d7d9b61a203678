-- Grain: campaign, customer_key.
CREATE TABLE `${project}.${warehouse}.retention_audiences` (
  campaign STRING NOT NULL OPTIONS (description = "The campaign's name, by which its holdout is drawn too"),
  started_on DATE NOT NULL
    OPTIONS (description = "The day of the predictions that the list is made of, and the first of the window"),
  closes_on DATE NOT NULL OPTIONS (description = "The day after the window's last: started_on and horizon_days"),
  horizon_days INT64 NOT NULL OPTIONS (description = "Days of the window in which a purchase is looked for"),
  customer_key STRING NOT NULL OPTIONS (description = "The customer's pseudonym, as in dim_customer"),
  arm STRING NOT NULL OPTIONS (description = "listed, or held_out: left alone, so that there is something to compare with"),
  holdout_share FLOAT64 NOT NULL OPTIONS (description = "Share of the campaign's customers that is held out"),
  call_rank INT64 NOT NULL OPTIONS (description = "The customer's place in bi_customers_to_call that day"),
  segment STRING NOT NULL OPTIONS (description = "As in bi_customers_to_call that day"),
  churn_probability FLOAT64 NOT NULL OPTIONS (description = "Predicted probability of no purchase in the window"),
  expected_spend FLOAT64 NOT NULL
    OPTIONS (description = "What was predicted to be spent in the window, in the row's currency"),
  value FLOAT64 NOT NULL OPTIONS (description = "As in bi_customers_to_call that day"),
  expected_loss FLOAT64 NOT NULL OPTIONS (description = "As in bi_customers_to_call that day"),
  currency STRING NOT NULL OPTIONS (description = "The customer's currency, or unknown"),
  days_since_last_purchase INT64 OPTIONS (description = "Days from the last purchase to started_on"),
  product_category STRING NOT NULL OPTIONS (description = "The customer's preferred category that day, or unknown"),
  channel STRING NOT NULL OPTIONS (description = "The customer's preferred channel that day, or unknown"),
  reasons STRING NOT NULL OPTIONS (description = "What raised and what lowered the risk, in words, the strongest first")
)
PARTITION BY started_on
CLUSTER BY campaign, customer_key
OPTIONS (description = "Who was listed in a campaign, and who was held out, as known on its day")
