// One meaning for each column name, wherever the column appears; those of the records come from their contracts.
const { RECORDS } = require("includes/contracts");

const OF_RECORDS = {};
for (const { name, description } of Object.values(RECORDS).flat()) {
  if ((OF_RECORDS[name] ?? description) !== description) {
    throw new Error(`The contracts describe ${name} in two ways.`);
  }
  OF_RECORDS[name] = description;
}

const MEANINGS = {
  ...OF_RECORDS,
  // Sales
  customer_key: "Pseudonym of the customer: a keyed SHA-256 of the identifier, 64 hexadecimal digits.",
  sold_at: "Instant of the sale.",
  sale_date: "Day of the sale in the business time zone.",
  net_amount: "Revenue of the sale: total_amount when it is completed, otherwise 0.",
  // Where a row comes from
  line: "A raw line of a file, which should be a JSON object.",
  file: "Address of the file holding the row.",
  row_hash: "MD5 of the line, in hexadecimal: a deterministic tie-breaker.",
  // Exports
  document_id: "Id of the Firestore document the row comes from; with a mapping, of the sale in the document or in one of its lines.",
  create_time: "Instant at which the Firestore document was created.",
  update_time: "Instant at which Firestore last changed the document, as exported.",
  known_from: "Instant from which the version was known: when the document was created or changed, or an export noticed its deletion; for what the first export found, when it was sold.",
  known_until: "Instant from which the next version was known; NULL while this one is current.",
  known_from_date: "Day on which the row became known, in the business time zone; it is visible to the days after it.",
  known_until_date: "The last day that sees the row as it is, because more became known; 9999-12-31 while it is current.",
  is_deleted: "Whether the document was deleted at known_from.",
  unreadable: "Why the document's values could not be read; all of them are NULL then.",
  export_id: "Identifier of the export that wrote the row; the export counts once a manifest names it.",
  export_date: "Date of the export's folder.",
  read_time: "Instant of the Firestore snapshot that the export read.",
  read_at: "Instant of the Firestore snapshot that the export read.",
  documents: "Documents in the collection, by the export's snapshot; with a mapping, the sales in them.",
  new: "Documents new since the previous export.",
  changed: "Documents that changed since the previous export.",
  deleted: "Documents deleted since the previous export.",
  unchanged: "Unchanged documents, for which the export wrote nothing.",
  rows: "Rows the export wrote as Parquet: the new, changed and deleted documents.",
  rejects: "Documents among them that could not be read, kept beside the export with the reason.",
  files: "Parquet files the export wrote.",
  change_number: "Number of the run of stg_sales_latest that changed something, rising.",
  table_name: "Table of gold.",
  // Clickstream
  event_date: "Day of the event in the business time zone.",
  load_date: "Date of the folder of the file holding the row.",
  // Startups
  valid_from: "Instant from which the startup was in this state.",
  valid_to: "Instant at which the next state began; NULL while this one is current.",
  is_current: "Whether this is the startup's current state.",
  // Rejects
  reason: "The first rule that the row breaks; NULL when it breaks none.",
  raw_row: "The original row as JSON, without personal fields; NULL when it breaks no rule.",
  // What is known of a customer on a date
  as_of_date: "The row covers the sales before this day, in the business time zone.",
  first_seen: "Instant of the first sale, whatever its status.",
  last_seen: "Instant of the last sale, whatever its status.",
  first_purchase_date: "Day of the first completed sale.",
  last_purchase_date: "Day of the last completed sale.",
  days_since_last_purchase: "Days from the last completed sale to as_of_date.",
  order_count: "Number of orders with a completed sale; an order in several rows counts in one of them.",
  total_spent: "Sum of the amounts of completed sales, regardless of their currency.",
  purchase_currency: "Currency of the completed sales; NULL when they are in several, and total_spent mixes them.",
  mean_order_amount: "total_spent / order_count.",
  mean_gap_days: "Mean number of days between one order of completed sales and the next; NULL with only one.",
  gap_deviation_days: "Standard deviation of the days from one order of completed sales to the next; NULL with only one.",
  longest_gap_days: "Longest gap in days between orders of completed sales; NULL with only one.",
  category_count: "Number of product categories among completed sales.",
  pending_count: "Number of orders with a pending sale, which is not a purchase.",
  refunded_count: "Number of orders with a fully refunded sale, which is not a purchase; an order in several rows counts in one of them.",
  cancelled_count: "Number of orders with a cancelled sale, which is not a purchase; an order in several rows counts in one of them.",
  sale_count: "Number of sales, whatever their status.",
  preferred_channel: "Channel of most completed sales; on a tie, the most recent.",
  preferred_category: "Category of most completed sales; on a tie, the most recent.",
  preferred_payment_method: "Payment method of most completed sales; on a tie, the most recent.",
  // What a customer did on a day
  session_count: "Number of visits.",
  event_count: "Number of events.",
  page_view_count: "Number of page views.",
  product_view_count: "Number of product views.",
  add_to_cart_count: "Number of times a product was added to the cart.",
  checkout_count: "Number of times a checkout was started.",
  purchase_event_count: "Number of purchases seen in the clickstream.",
  bounce_count: "Number of visits with one event.",
  first_event_at: "Instant of the first event of the day.",
  last_event_at: "Instant of the last event of the day.",
  // What happened
  customer_count: "Number of different customers.",
  units: "Units sold in completed sales.",
  revenue: "Sum of the amounts of completed sales, in the row's currency.",
  month: "First day of the month.",
  new_customers: "Customers whose first purchase falls into the month.",
  active_customers: "Customers who bought in the month.",
  reactivated_customers: "Purchases in the month after more than lapsed_after_days without one.",
  lapsed_customers: "Customers who lapsed in the month, after lapsed_after_days without a purchase.",
  cohort_month: "First day of the month of the customers' first purchase.",
  months_since_first: "Months since the first purchase, 0 for its month.",
  cohort_customers: "Customers whose first purchase falls into cohort_month.",
  retention: "active_customers / cohort_customers.",
  product_view_sessions: "Number of visits with a product view.",
  add_to_cart_sessions: "Number of visits with a product added to the cart.",
  checkout_sessions: "Number of visits with a started checkout.",
  purchase_sessions: "Number of visits with a purchase.",
  startup_count: "Number of startups.",
  active_count: "Number of startups in business.",
  // What will happen
  prediction_date: "The as-of date of the prediction.",
  churn_probability: "Probability of no completed purchase in horizon_days days.",
  risk_band: "low, medium or high; unknown where the base rate serves, which does not rank customers.",
  decile: "Tenth of the day's customers by risk, 1 for the highest; 0 where the base rate serves.",
  top_reasons: "What raises and lowers the risk compared with a typical customer, up to three reasons, strongest first.",
  probability_alive: "Probability that the customer is still active; null where the base rate serves.",
  expected_next_purchase: "Median day of the next purchase; null from two horizons ahead on.",
  expected_next_purchase_low: "Lower end of its 80% interval.",
  expected_next_purchase_high: "Upper end of it; null where open, beyond two horizons.",
  expected_spend: "Expected spend of the customer in horizon_days; null where they pay in several currencies, and where the base rate serves.",
  expected_spend_low: "Lower end of its 80% interval, of 90% until a year is known; null where a purchase is very unlikely.",
  expected_spend_high: "Upper end of that interval.",
  reasons: "What raises and lowers the risk compared with a typical customer, up to three reasons, strongest first, in one text.",
  model_version: "Digest of the model's training data and settings.",
  horizon_days: "Days that the prediction looks ahead.",
  pipeline_run_id: "The run that first wrote the row as it is.",
  scored_at: "When that run scored.",
  segment: "lapsed after more than lapsed_after_days without a purchase; otherwise new within as many days of the first one; otherwise lapsing after half of them without a purchase; otherwise regular.",
  lapsed_after_days: "Days without a purchase after which a customer has lapsed.",
  expected_churners: "Sum of the customers' churn probabilities.",
  value: "Spend in horizon_days if the customers bought: expected_spend + value_at_risk; null where these are.",
  value_at_risk: "Expected loss: spend if the customers bought, times the probability that they do not.",
  expected_loss: "The customer's value_at_risk.",
  call_rank: "Rank by keepable_value relative to the mean value of a customer in the currency, so that all currencies share one ranking; 1 is the highest.",
  keepable_value: "The part of expected_loss that can still be saved: expected_loss × (1 - churn_probability), since customers who are almost certain to churn cannot be reached.",
  lapsed_share: "Lapsed customers' share of the expected_loss of all customers of the currency.",
  closed_on: "Day on which the predicted window ended: prediction_date + horizon_days.",
  customers: "Number of customers predicted.",
  predicted: "Mean predicted probability of churn.",
  churned: "Churn rate.",
  log_loss: "Error of the probabilities; lower is better.",
  brier: "Mean squared error of the probabilities; lower is better.",
  // What was done about it
  campaign: "The campaign's name, which also seeds the holdout.",
  started_on: "The day of the predictions behind the campaign's list, and the first day of its window.",
  closes_on: "The day after the campaign's window: started_on + horizon_days.",
  arm: "listed, or held_out: the control group, which is not contacted.",
  holdout_share: "Share of the campaign's customers held out.",
  measured_as_of: "The warehouse's day when the campaign was measured.",
  measure: "churn: no purchase in the window; spend: the amount spent in it.",
  verdict: "found, not found, too few or bad split: whether the campaign had an effect; running or not measured before that.",
  sentence: "The verdict as a sentence, with the figures.",
  listed: "Customers who were listed and have not been erased.",
  held_out: "Customers who were held out and have not been erased.",
  listed_mean: "Churn rate, or mean spend, of those listed.",
  held_out_mean: "Churn rate, or mean spend, of those held out.",
  difference: "Listed minus held out, adjusted for the predictions; NULL without a conclusion.",
  difference_low: "Lower end of the 95% interval of difference.",
  difference_high: "Upper end of the 95% interval of difference.",
  p_value: "Probability of a difference at least as far from 0 by chance, by permutation.",
  detectable: "The effect that a campaign of this size detects with a power of 80%.",
  customers_needed: "Customers, listed and held out, needed to detect the wanted effect with a power of 80%.",
  cost_per_customer: "Cost per listed customer, as given.",
  cost_per_kept: "Cost per retained customer; NULL unless an effect was found.",
  cost_per_kept_low: "Lower end of the 95% interval of cost_per_kept.",
  cost_per_kept_high: "Upper end of the 95% interval of cost_per_kept.",
  // How the batch went
  last_day: "Newest day, up to the run's date, with a row of the source.",
  age_days: "Days from last_day to as_of_date.",
  row_count: "Number of rows.",
  last_loaded: "Day on which a row of the source last arrived.",
  day: "Day on which the rows arrived.",
  share: "Share of all the rows of the source that arrived that day.",
  run_id: "The run, as its records in the bucket name it.",
  state: "SUCCEEDED, SUCCEEDED_WITH_WARNINGS, FAILED or CANCELLED.",
  started_at: "When the first step started.",
  ended_at: "When the exit task ran.",
  failed_step: "The step that failed; NULL when none did.",
  error: "Why it failed; NULL when it did not.",
  steps: "Each step's state, times and counts, as a JSON array.",
  documents_read: "Firestore reads, as billed.",
  bytes_billed: "BigQuery's bytes, as billed on demand.",
  machine_seconds: "Seconds of Vertex AI machines, summed over parallel ones.",
  estimated_cost: "Estimated cost of the run in USD at list prices, before the free tier.",
  step_costs: "What each step used, and what that costs in USD by service, as a JSON array.",
  firestore_cost: "The part of estimated_cost for documents read.",
  bigquery_cost: "The part of estimated_cost for bytes billed.",
  vertex_cost: "The part of estimated_cost for machines and the run fee.",
};

/** Return {name: description} for the names; an unknown name fails the compilation. */
function describe(...names) {
  const missing = names.filter((name) => !(name in MEANINGS));
  if (missing.length) {
    throw new Error(`Describe ${missing.join(", ")} in includes/dictionary.js.`);
  }
  return Object.fromEntries(names.map((name) => [name, MEANINGS[name]]));
}

/** Return the same in the form that `operate` takes in JavaScript; `publish` takes that of a config block. */
const listed = (...names) =>
  Object.entries(describe(...names)).map(([name, description]) => ({ path: [name], description }));

module.exports = { describe, listed };
