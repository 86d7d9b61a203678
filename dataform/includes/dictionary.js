// One meaning for each column name, wherever the column stands.
const MEANINGS = {
  // Sales
  sale_id: "Identifier of the sale; the id of its Firestore document.",
  customer_id: "Identifier of the customer as the shop knows it; does not leave bronze.",
  customer_key: "Pseudonym of the customer: a keyed SHA-256 of the identifier, 64 hexadecimal digits.",
  sale_timestamp: "Instant of the sale.",
  sold_at: "Instant of the sale.",
  sale_date: "Day of the sale in the business time zone.",
  product_id: "Identifier of the product sold.",
  product_category: "Category of the product sold.",
  quantity: "Units sold.",
  unit_price: "Price of one unit, in the sale's currency.",
  total_amount: "Amount of the whole sale, in the sale's currency.",
  net_amount: "What the sale brought in: total_amount when it is completed, otherwise 0.",
  currency: "ISO 4217 code of the sale's currency.",
  status: "State of the sale: completed, pending, refunded or cancelled; only completed is a purchase.",
  payment_method: "Means of payment, such as card.",
  channel: "Where the sale was made, such as web or store.",
  contact_email_hashed: "Hash of the customer's e-mail address; does not leave bronze.",
  credit_card_last4: "Last four digits of the card; does not leave bronze.",
  schema_version: "Version of the data contract the row was written under.",
  // Where a row comes from
  line: "A line of a file as it stands there, which should be a JSON object.",
  file: "Address of the file holding the row.",
  row_hash: "MD5 of the line, in hexadecimal: it puts rows that tie in an order that every run repeats.",
  // Exports
  document_id: "Id of the Firestore document the row comes from.",
  update_time: "Instant at which Firestore last changed the document, as exported.",
  export_id: "Identifier of the export that wrote the row; it counts when it stands in a manifest.",
  export_date: "Date of the export's folder.",
  read_time: "Instant of the Firestore snapshot the export read.",
  documents: "Documents the export read.",
  rows: "Rows the export wrote as Parquet.",
  rejects: "Documents the export could not write, kept beside it with the reason.",
  files: "Parquet files the export wrote.",
  // Clickstream
  event_id: "Identifier of the event.",
  session_id: "Identifier of the visit the event belongs to.",
  event_timestamp: "Instant of the event.",
  event_date: "Day of the event in the business time zone.",
  event_type: "What the visitor did, such as page_view.",
  page_url: "Address of the page.",
  referrer_domain: "Domain the visitor came from.",
  device_type_category: "Kind of device, such as mobile.",
  is_bounce: "Whether the visit has this one event.",
  load_timestamp: "Instant at which the row was loaded.",
  load_date: "Date of the folder of the file holding the row.",
  // Startups
  startup_id: "Identifier of the startup.",
  name: "Name of the startup.",
  sector: "Sector of business.",
  country: "Country of the seat.",
  founded_date: "Day of foundation.",
  funding_stage: "Stage of funding, such as seed.",
  funding_stage_score: "Stage of funding as a number, 0 for pre_seed to 5 for public.",
  valuation_usd: "Valuation in US dollars.",
  valuation_bucket: "Band the valuation falls into.",
  contact_email_cleaned: "Hash of the contact's e-mail address; does not leave bronze.",
  is_active: "Whether the startup is in business.",
  updated_at: "Instant at which the source last changed the row.",
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
  order_count: "Number of completed sales.",
  total_spent: "Sum of the amounts of completed sales, added as they stand whatever their currency.",
  purchase_currency: "Currency of the completed sales; NULL when they are in several, and total_spent mixes them.",
  mean_order_amount: "Mean amount of a completed sale.",
  mean_gap_days: "Mean number of days between one completed sale and the next; NULL with only one.",
  gap_deviation_days: "Standard deviation of the days from one completed sale to the next; NULL with only one.",
  longest_gap_days: "Most days from one completed sale to the next; NULL with only one.",
  category_count: "Number of product categories among completed sales.",
  pending_count: "Number of pending sales; not purchases.",
  refunded_count: "Number of refunded sales; not purchases.",
  cancelled_count: "Number of cancelled sales; not purchases.",
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
};

/** Return {name: description} for the names; an unknown name fails the compilation. */
function describe(...names) {
  const missing = names.filter((name) => !(name in MEANINGS));
  if (missing.length) {
    throw new Error(`Describe ${missing.join(", ")} in includes/dictionary.js.`);
  }
  return Object.fromEntries(names.map((name) => [name, MEANINGS[name]]));
}

module.exports = { describe };
