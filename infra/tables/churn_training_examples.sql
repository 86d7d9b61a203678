-- Grain: as_of_date, cutoff_date, customer_key.
CREATE TABLE `${project}.${features}.churn_training_examples` (
  as_of_date DATE OPTIONS (description = "The run's day: only what happened before it was used"),
  horizon_days INT64 OPTIONS (description = "Days that the prediction looks ahead"),
  cutoff_date DATE OPTIONS (description = "The cut-off: the row uses only what was known before it"),
  customer_key STRING OPTIONS (description = "Pseudonym of the customer, as in dim_customer"),
  recency_days INT64
    OPTIONS (description = "Days since the last visit; a visit is a day with a completed sale"),
  tenure_days INT64 OPTIONS (description = "Days since the first visit"),
  visits INT64 OPTIONS (description = "Visits"),
  sales INT64 OPTIONS (description = "Completed sales"),
  items INT64 OPTIONS (description = "Units bought"),
  categories INT64 OPTIONS (description = "Categories bought from"),
  weekend_share FLOAT64 OPTIONS (description = "Share of visits on a Saturday or Sunday"),
  spend FLOAT64 OPTIONS (description = "Amount of all visits"),
  spend_largest FLOAT64 OPTIONS (description = "Amount of the largest visit"),
  spend_last FLOAT64 OPTIONS (description = "Amount of the last visit"),
  gap_mean FLOAT64 OPTIONS (description = "Mean gap in days between visits; null after one visit"),
  gap_deviation FLOAT64 OPTIONS (description = "Standard deviation of the days between visits; null before three visits"),
  gap_longest INT64 OPTIONS (description = "Longest gap in days between visits; null after one visit"),
  gap_last INT64 OPTIONS (description = "Days between the last two visits; null after one visit"),
  longer_gap_share FLOAT64
    OPTIONS (description = "Share of gaps longer than recency_days; null after one visit"),
  visits_in_quarter_horizon INT64 OPTIONS (description = "Visits in the last quarter of a horizon"),
  visits_in_half_horizon INT64 OPTIONS (description = "Visits in the last half of a horizon"),
  visits_in_horizon INT64 OPTIONS (description = "Visits in the last horizon"),
  visits_in_2_horizons INT64 OPTIONS (description = "Visits in the last two horizons"),
  visits_in_4_horizons INT64 OPTIONS (description = "Visits in the last four horizons"),
  spend_in_half_horizon FLOAT64 OPTIONS (description = "Amount in the last half of a horizon"),
  spend_in_horizon FLOAT64 OPTIONS (description = "Amount in the last horizon"),
  spend_in_2_horizons FLOAT64 OPTIONS (description = "Amount in the last two horizons"),
  spend_in_4_horizons FLOAT64 OPTIONS (description = "Amount in the last four horizons"),
  visits_decayed_fast FLOAT64 OPTIONS (description = "Visits, each worth EXP(-2 age / horizon)"),
  visits_decayed FLOAT64 OPTIONS (description = "Visits, each worth EXP(-age / horizon)"),
  visits_decayed_slowly FLOAT64 OPTIONS (description = "Visits, each worth EXP(-age / three horizons)"),
  history_days INT64 OPTIONS (description = "Days since the shop's first sale"),
  spend_mean FLOAT64 OPTIONS (description = "Mean amount per visit"),
  spend_last_over_mean FLOAT64
    OPTIONS (description = "spend_last / spend_mean; null where nothing was spent"),
  visits_trend INT64 OPTIONS (description = "Visits in the last horizon minus those in the one before"),
  spend_trend FLOAT64 OPTIONS (description = "Amount in the last horizon minus that in the one before"),
  recency_over_tenure FLOAT64 OPTIONS (description = "recency_days / tenure_days"),
  recency_over_gap_mean FLOAT64 OPTIONS (description = "recency_days / gap_mean; null after one visit"),
  recency_over_gap_longest FLOAT64 OPTIONS (description = "recency_days / gap_longest; null after one visit"),
  gap_variation FLOAT64 OPTIONS (description = "gap_deviation / gap_mean; null before three visits"),
  visits_same_window_last_year INT64
    OPTIONS (description = "Visits in the predicted weeks a year ago; null where the history is too short"),
  days_since_session INT64
    OPTIONS (description = "Days since the last session, at most a horizon; null where none is known"),
  sessions_in_quarter_horizon INT64
    OPTIONS (description = "Sessions in the last quarter of a horizon; null where the clickstream does not cover it"),
  sessions_in_horizon INT64
    OPTIONS (description = "Sessions in the last horizon; null where the clickstream does not cover it"),
  cart_adds_in_half_horizon INT64
    OPTIONS (description = "Cart additions in the last half of a horizon; null where the clickstream does not cover it"),
  churned BOOL OPTIONS (description = "The label: no completed sale in horizon_days from cutoff_date on"),
  currency STRING
    OPTIONS (description = "Currency of all visits; unknown where the sales have none, null where there are several"),
  spent_in_horizon FLOAT64
    OPTIONS (description = "The spend label: amount of completed sales in horizon_days; null where in other currencies than before")
)
PARTITION BY as_of_date
CLUSTER BY customer_key
OPTIONS (description = "Features of each customer at several cut-offs, and whether they churned");
