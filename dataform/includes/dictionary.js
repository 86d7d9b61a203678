// One meaning for each column name, wherever the column stands; those of the records come from their contracts.
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
  net_amount: "What the sale brought in: total_amount when it is completed, otherwise 0.",
  // Where a row comes from
  line: "A line of a file as it stands there, which should be a JSON object.",
  file: "Address of the file holding the row.",
  row_hash: "MD5 of the line, in hexadecimal: it puts rows that tie in an order that every run repeats.",
  // Exports
  document_id: "Id of the Firestore document the row comes from; by a mapping, of the sale that a document or a line of it is.",
  create_time: "Instant at which the Firestore document was made.",
  update_time: "Instant at which Firestore last changed the document, as exported.",
  known_from: "Instant from which the version was known: when the document was made or changed, or was missed by an export; of what the first export found, when it was sold.",
  known_until: "Instant from which the next version was known; NULL while this one lasts.",
  known_from_date: "Day on which the row became known, in the business time zone; the days after it know the row.",
  known_until_date: "Day on which more became known, the last that knows the row as it is; 9999-12-31 while it lasts.",
  is_deleted: "Whether the document was gone at known_from.",
  unreadable: "Why the document's values could not be read; all of them are NULL then.",
  export_id: "Identifier of the export that wrote the row; it counts when it stands in a manifest.",
  export_date: "Date of the export's folder.",
  read_time: "Instant of the Firestore snapshot the export read.",
  read_at: "Instant of the Firestore snapshot the export read.",
  documents: "Documents in the collection, by the export's snapshot; by a mapping, the sales that they are.",
  new: "Documents that the export before had not seen.",
  changed: "Documents that changed since the export before.",
  deleted: "Documents that are gone since the export before.",
  unchanged: "Documents of which the export wrote nothing, since they did not change.",
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
  valid_to: "Instant at which the next state began; NULL while this one lasts.",
  is_current: "Whether this is the state the startup is in.",
  // Rejects
  reason: "The first rule that the row breaks; NULL when it breaks none.",
  raw_row: "The row as it came, as JSON, without personal fields; NULL when it breaks no rule.",
  // What is known of a customer on a date
  as_of_date: "The row knows the sales before this day, in the business time zone, and none after.",
  first_seen: "Instant of the first sale, whatever its status.",
  last_seen: "Instant of the last sale, whatever its status.",
  first_purchase_date: "Day of the first completed sale.",
  last_purchase_date: "Day of the last completed sale.",
  days_since_last_purchase: "Days from the last completed sale to as_of_date.",
  order_count: "Number of orders with a completed sale; where rows share an order, it counts in one of them.",
  total_spent: "Sum of the amounts of completed sales, added as they stand whatever their currency.",
  purchase_currency: "Currency of the completed sales; NULL when they are in several, and total_spent mixes them.",
  mean_order_amount: "total_spent / order_count.",
  mean_gap_days: "Mean number of days between one order of completed sales and the next; NULL with only one.",
  gap_deviation_days: "Standard deviation of the days from one order of completed sales to the next; NULL with only one.",
  longest_gap_days: "Most days from one order of completed sales to the next; NULL with only one.",
  category_count: "Number of product categories among completed sales.",
  pending_count: "Number of orders with a pending sale, which is no purchase.",
  refunded_count: "Number of orders with a sale that was refunded whole, which is no purchase; where rows share an order, it counts in one of them.",
  cancelled_count: "Number of orders with a cancelled sale, which is no purchase; where rows share an order, it counts in one of them.",
  sale_count: "Number of sales, whatever their status.",
  preferred_channel: "Channel of most completed sales; the most recently used when two tie.",
  preferred_category: "Category of most completed sales; the most recently bought when two tie.",
  preferred_payment_method: "Means of payment of most completed sales; the most recently used when two tie.",
  // What a customer did on a day
  session_count: "Number of visits.",
  event_count: "Number of events.",
  page_view_count: "Number of pages seen.",
  product_view_count: "Number of products looked at.",
  add_to_cart_count: "Number of times a product was put into the cart.",
  checkout_count: "Number of times a checkout was begun.",
  purchase_event_count: "Number of purchases seen in the clickstream.",
  bounce_count: "Number of visits with one event.",
  first_event_at: "Instant of the first event of the day.",
  last_event_at: "Instant of the last event of the day.",
  // What happened
  customer_count: "Number of different customers.",
  units: "Number of pieces in completed sales.",
  revenue: "Sum of the amounts of completed sales, in the row's currency.",
  month: "First day of the month.",
  new_customers: "Customers whose first purchase falls into the month.",
  active_customers: "Customers who bought in the month.",
  reactivated_customers: "Purchases in the month after more than lapsed_after_days without one.",
  lapsed_customers: "Customers whose lapsed_after_days without a purchase were complete in the month.",
  cohort_month: "First day of the month of the customers' first purchase.",
  months_since_first: "Months since that of the first purchase, 0 for that month itself.",
  cohort_customers: "Customers whose first purchase falls into cohort_month.",
  retention: "active_customers / cohort_customers.",
  product_view_sessions: "Number of visits in which a product was looked at.",
  add_to_cart_sessions: "Number of visits in which a product was put into the cart.",
  checkout_sessions: "Number of visits in which a checkout was begun.",
  purchase_sessions: "Number of visits with a purchase.",
  startup_count: "Number of startups.",
  active_count: "Number of startups in business.",
  // What will happen
  prediction_date: "The day the prediction stands for, the as-of date.",
  churn_probability: "Probability of no completed purchase in horizon_days days.",
  risk_band: "low, medium or high; unknown where the base rate serves, which ranks nobody.",
  decile: "Tenth of the day's customers by risk, 1 for the highest; 0 where the base rate serves.",
  top_reasons: "What raises and what lowers the risk against a usual customer, up to three, the strongest first.",
  probability_alive: "Probability that the customer has not left for good; null where the base rate serves.",
  expected_next_purchase: "Bought again by then with even chances; null where that is two horizons away or more.",
  expected_next_purchase_low: "Lower end of its 80 % interval.",
  expected_next_purchase_high: "Upper end of it; null where open, beyond two horizons.",
  expected_spend: "What is to be expected of the customer in horizon_days; null where they pay in several currencies, and where the base rate serves.",
  expected_spend_low: "Lower end of its 80 % interval, of 90 % until a year is known; null where a purchase is all but excluded.",
  expected_spend_high: "Upper end of that interval.",
  reasons: "What raises and what lowers the risk against a usual customer, up to three, the strongest first, in one text.",
  model_version: "Digest of what the model was fitted on and how.",
  horizon_days: "Days ahead that the prediction looks.",
  pipeline_run_id: "The run that first wrote the row as it is.",
  scored_at: "When that run scored.",
  segment: "lapsed after more than lapsed_after_days without a purchase; otherwise new within as many days of the first one; otherwise lapsing after half of them without a purchase; otherwise regular.",
  lapsed_after_days: "Days without a purchase after which a customer has lapsed.",
  expected_churners: "Sum of the customers' churn probabilities.",
  value: "What would be spent in horizon_days if the customers bought: expected_spend + value_at_risk; null where these are.",
  value_at_risk: "What is expected to be lost: what would be spent, times the probability that nothing is bought.",
  expected_loss: "The customer's value_at_risk.",
  call_rank: "Place by keepable_value, which is measured by the mean value of a customer of the currency, so that there is one rank for all; 1 for the highest.",
  keepable_value: "Of expected_loss what can still be kept: expected_loss × (1 - churn_probability), for who is as good as gone cannot be reached.",
  lapsed_share: "Share of the expected_loss of all customers of the currency that is of those who have lapsed.",
  closed_on: "Day on which the predicted window ended: prediction_date and horizon_days.",
  customers: "Number of customers predicted.",
  predicted: "Mean predicted probability of churn.",
  churned: "Share that churned.",
  log_loss: "Error of the probabilities; lower is better.",
  brier: "Mean squared error of the probabilities; lower is better.",
  // What was done about it
  campaign: "The campaign's name, by which its holdout is drawn too.",
  started_on: "The day of the predictions that the campaign's list is made of, and the first of its window.",
  closes_on: "The day after the last of the campaign's window: started_on and horizon_days.",
  arm: "listed, or held_out: left alone, so that there is something to compare with.",
  holdout_share: "Share of the campaign's customers that is held out.",
  measured_as_of: "The warehouse's day when the campaign was measured.",
  measure: "churn: no purchase in the window; spend: what was spent in it.",
  verdict: "found, not found, too few or bad split: whether the figures show that the action did anything; running or not measured before that.",
  sentence: "The verdict for people, with the figures.",
  listed: "Customers who were listed and have not been erased.",
  held_out: "Customers who were held out and have not been erased.",
  listed_mean: "Share that churned, or mean spend, of those listed.",
  held_out_mean: "Share that churned, or mean spend, of those held out.",
  difference: "Of the listed less the held out, allowing for what was predicted; NULL when nothing can be said.",
  difference_low: "Lower end of the 95 % interval of difference.",
  difference_high: "Upper end of the 95 % interval of difference.",
  p_value: "How often chance alone gives a difference as far from 0, by permutation.",
  detectable: "The effect that such a campaign shows 4 times in 5.",
  customers_needed: "Customers, listed and held out, with whom an effect of the wanted size shows 4 times in 5.",
  cost_per_customer: "What treating one listed customer cost, as it was given.",
  cost_per_kept: "What keeping one customer cost; NULL unless an effect was found.",
  cost_per_kept_low: "Lower end of the 95 % interval of cost_per_kept.",
  cost_per_kept_high: "Upper end of the 95 % interval of cost_per_kept.",
  // How the batch went
  last_day: "Newest day, up to the run's date, of which the source has a row.",
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
  documents_read: "Firestore's reads, as billed.",
  bytes_billed: "BigQuery's bytes, as billed on demand.",
  machine_seconds: "Seconds of the machines of Vertex AI, those side by side added up.",
  estimated_cost: "What the run cost in USD by the list, before what is free in a month.",
  step_costs: "What each step used, and what that costs in USD by service, as a JSON array.",
  firestore_cost: "The part of estimated_cost for documents read.",
  bigquery_cost: "The part of estimated_cost for bytes billed.",
  vertex_cost: "The part of estimated_cost for machines and the run itself.",
};

/** Return {name: description} for the names; an unknown name fails the compilation. */
function describe(...names) {
  const missing = names.filter((name) => !(name in MEANINGS));
  if (missing.length) {
    throw new Error(`Describe ${missing.join(", ")} in includes/dictionary.js.`);
  }
  return Object.fromEntries(names.map((name) => [name, MEANINGS[name]]));
}

/** Return the same as `operate` wants it in JavaScript, where `publish` takes what a config block does. */
const listed = (...names) =>
  Object.entries(describe(...names)).map(([name, description]) => ({ path: [name], description }));

module.exports = { describe, listed };
