-- The tables that the bi_ views read, for a shop with @sales sales to @customers customers over three years.
CREATE TABLE winter_days_warehouse.fct_sales AS
SELECT
  CAST(number AS STRING) AS sale_id,
  CAST(NULL AS STRING) AS source,
  CAST(number AS STRING) AS order_id,
  CAST(NULL AS FLOAT64) AS refunded_amount,
  DATE_SUB(@as_of, INTERVAL 1 + MOD(DIV(number, 800), 1095) DAY) AS sale_date,
  TO_HEX(SHA256(CAST(MOD(number * 104729, @customers) AS STRING))) AS customer_key,
  CONCAT('category ', CAST(MOD(number, 40) AS STRING)) AS product_category,
  ['web', 'store', 'app', 'marketplace'][OFFSET(MOD(DIV(number, 40), 4))] AS channel,
  ['EUR', 'EUR', 'EUR', 'USD', 'GBP'][OFFSET(MOD(DIV(number, 160), 5))] AS currency,
  IF(MOD(number, 30) = 0, 'refunded', 'completed') AS status,
  1 + MOD(number, 3) AS quantity,
  10.0 + MOD(number, 90) AS total_amount,
  IF(MOD(number, 30) = 0, 0.0, 10.0 + MOD(number, 90)) AS net_amount
FROM UNNEST(GENERATE_ARRAY(1, @sales)) AS number;

CREATE TABLE winter_days_warehouse.dim_customer AS
SELECT
  TO_HEX(SHA256(CAST(number AS STRING))) AS customer_key,
  CONCAT('category ', CAST(MOD(number, 40) AS STRING)) AS preferred_category,
  ['web', 'store', 'app', 'marketplace'][OFFSET(MOD(number, 4))] AS preferred_channel
FROM UNNEST(GENERATE_ARRAY(0, @customers - 1)) AS number;

INSERT INTO winter_days_warehouse.fact_predictions_churn (
  prediction_date, customer_key, churn_probability, risk_band, decile, top_reasons, model_version, as_of_date,
  horizon_days, pipeline_run_id, scored_at, expected_spend, value_at_risk, currency
)
SELECT
  @as_of,
  customer_key,
  MOD(ROW_NUMBER() OVER (), 100) / 100,
  ['low', 'medium', 'high'][OFFSET(MOD(ROW_NUMBER() OVER (), 3))],
  1,
  ['silent for 5.0 times the usual gap', 'purchases on 0 of the last 90 days'],
  '1',
  @as_of,
  90,
  'bench',
  CURRENT_TIMESTAMP(),
  50.0 + MOD(ROW_NUMBER() OVER (), 90),
  10.0 + MOD(ROW_NUMBER() OVER (), 50),
  ['EUR', 'EUR', 'EUR', 'USD', 'GBP'][OFFSET(MOD(ROW_NUMBER() OVER (), 5))]
FROM winter_days_warehouse.dim_customer;

CREATE TABLE winter_days_warehouse.dim_startup AS
SELECT 'seed' AS funding_stage, 'energy' AS sector, 1 AS funding_stage_score, TRUE AS is_active, 1e6 AS valuation_usd,
  TRUE AS is_current;

CREATE TABLE winter_days_staging.stg_sales_latest AS
SELECT sale_date, DATE_ADD(sale_date, INTERVAL 1 DAY) AS export_date, FALSE AS is_deleted FROM winter_days_warehouse.fct_sales;

CREATE TABLE winter_days_staging.stg_sales_rows AS
SELECT export_date, IF(MOD(ROW_NUMBER() OVER (), 1000) = 0, 'quantity', NULL) AS reason
FROM winter_days_staging.stg_sales_latest;

CREATE TABLE winter_days_staging.stg_click AS
SELECT
  sale_date AS event_date,
  sale_date AS load_date,
  SUBSTR(customer_key, 1, 16) AS session_id,
  ['page_view', 'product_view', 'add_to_cart', 'checkout', 'purchase'][OFFSET(MOD(ROW_NUMBER() OVER (), 5))] AS event_type,
  ['mobile', 'desktop', 'tablet'][OFFSET(MOD(ROW_NUMBER() OVER (), 3))] AS device_type_category
FROM winter_days_warehouse.fct_sales;

CREATE TABLE winter_days_staging.stg_click_rows AS
SELECT load_date, CAST(NULL AS STRING) AS reason FROM winter_days_staging.stg_click;

CREATE TABLE winter_days_staging.stg_startup AS SELECT DATE_SUB(@as_of, INTERVAL 2 DAY) AS load_date;

CREATE TABLE winter_days_staging.stg_startup_rows AS
SELECT load_date, CAST(NULL AS STRING) AS reason FROM winter_days_staging.stg_startup;
