-- One row for each cut-off and each customer who had bought before it, from what was known before it: a version
-- of a sale counts for the cut-offs after known_from_date up to known_until_date. Training and scoring rows come
-- from the same table `features`, so each feature has one definition. A visit is a customer's day with at least
-- one completed sale. Amounts are summed in cents and decays in millionths, as integers, because a sum of
-- floats depends on the order of its parts.
CREATE TEMP TABLE features AS
WITH versions AS (
  SELECT
    customer_key,
    sale_date,
    product_category,
    quantity,
    IFNULL(currency, 'unknown') AS currency,
    CAST(ROUND(COALESCE(total_amount, 0) * 100) AS INT64) AS cents,
    known_from_date,
    known_until_date
  FROM `${project}.${warehouse_dataset}.fct_sale_versions`
  WHERE
    status = 'completed' AND customer_key IS NOT NULL
    AND sale_date < @as_of AND known_from_date < @as_of
    -- No cut-off saw a version that was superseded on the day of the sale, or on the day that it became known.
    AND known_until_date > sale_date AND known_until_date > known_from_date
),

cutoffs AS (
  SELECT cutoff_date, LEAD(cutoff_date, 1, DATE '9999-12-31') OVER (ORDER BY cutoff_date) AS next_cutoff_date
  FROM UNNEST(@cutoff_dates) AS cutoff_date
),

-- For each change to what a cut-off had seen, the last cut-off on or before it. A change between a sale and the
-- first cut-off after it affects no cut-off.
rewritten AS (
  SELECT DISTINCT customer_key, cutoff_date
  FROM versions
  CROSS JOIN UNNEST([known_from_date, known_until_date]) AS changed_on
  INNER JOIN cutoffs ON sale_date < cutoff_date AND cutoff_date <= changed_on AND changed_on < next_cutoff_date
  WHERE known_from_date > sale_date OR known_until_date < @as_of
),

-- A snapshot of a customer's past, as known before seen_at, which holds for the cut-offs after seen_after up to
-- seen_at. A customer whose past was never rewritten has one for all cut-offs; others have one more per change.
customer_snapshots AS (
  SELECT
    customer_key,
    cutoff_date AS seen_at,
    LAG(cutoff_date, 1, DATE '0001-01-01') OVER (PARTITION BY customer_key ORDER BY cutoff_date) AS seen_after
  FROM (
    SELECT customer_key, cutoff_date
    FROM rewritten
    UNION DISTINCT
    SELECT customer_key, @as_of AS cutoff_date
    FROM rewritten
  ) AS ends
),

known AS (
  SELECT
    versions.*,
    COALESCE(customer_snapshots.seen_at, @as_of) AS seen_at,
    COALESCE(customer_snapshots.seen_after, DATE '0001-01-01') AS seen_after
  FROM versions
  LEFT JOIN customer_snapshots ON customer_snapshots.customer_key = versions.customer_key
),

sales AS (
  SELECT
    customer_key,
    seen_at,
    seen_after,
    sale_date,
    quantity,
    currency,
    cents,
    IF(
      sale_date = MIN(sale_date) OVER (PARTITION BY customer_key, seen_at, product_category), product_category, NULL
    ) AS new_category
  FROM known
  WHERE sale_date < seen_at AND known_from_date < seen_at AND seen_at <= known_until_date
),

days AS (
  SELECT
    customer_key,
    seen_at,
    ANY_VALUE(seen_after) AS seen_after,
    sale_date,
    COUNT(*) AS sales,
    MIN(currency) AS first_currency,
    MAX(currency) AS last_currency,
    SUM(cents) AS cents,
    SUM(quantity) AS items,
    COUNT(DISTINCT new_category) AS new_categories
  FROM sales
  GROUP BY customer_key, seen_at, sale_date
),

visits AS (
  SELECT
    *,
    DATE_DIFF(sale_date, LAG(sale_date) OVER customer_days, DAY) AS gap
  FROM days
  WINDOW customer_days AS (PARTITION BY customer_key, seen_at ORDER BY sale_date)
),

-- The shop's first sale, as known at each cut-off, and how many customers had bought before it: each has one
-- snapshot there, and one first visit in it.
first_sales AS (
  SELECT cutoff_date, MIN(sale_date) AS first_sale_date, COUNT(*) AS customers
  FROM visits
  INNER JOIN UNNEST(@cutoff_dates) AS cutoff_date
    ON sale_date < cutoff_date AND seen_after < cutoff_date AND cutoff_date <= seen_at
  WHERE gap IS NULL
  GROUP BY cutoff_date
),

-- With very many customers, only one in so many is trained on, so that there are about @most_rows training rows.
sampling AS (
  SELECT IFNULL(CAST(CEIL(SUM(customers) / @most_rows) AS INT64), 1) AS one_in
  FROM first_sales
  WHERE cutoff_date < @as_of
),

-- Always the same customers, with all their cut-offs; chosen here, since each cut-off of a customer adds a row for
-- each visit. Customers who are not chosen are seen from the as-of date only.
sampled_visits AS (
  SELECT visits.*, MOD(ABS(MOD(FARM_FINGERPRINT(customer_key), 1000003)), one_in) = 0 AS is_trained_on
  FROM visits
  CROSS JOIN sampling
),

history AS (
  SELECT
    *,
    DATE_DIFF(cutoff_date, sale_date, DAY) AS age,
    MIN(DATE_DIFF(cutoff_date, sale_date, DAY)) OVER (PARTITION BY cutoff_date, customer_key) AS recency
  FROM sampled_visits
  INNER JOIN UNNEST(@cutoff_dates) AS cutoff_date
    ON sale_date < cutoff_date AND seen_after < cutoff_date AND cutoff_date <= seen_at
    AND (is_trained_on OR cutoff_date = @as_of)
),

-- The first sale on or after the cut-off, as known at the as-of date: for the label, never for a feature. It is
-- the next one for every cut-off since the previous visit.
next_purchases AS (
  SELECT cutoff_date, customer_key, sale_date AS next_sale_date
  FROM sampled_visits
  INNER JOIN UNNEST(@cutoff_dates) AS cutoff_date
    ON cutoff_date <= sale_date AND (gap IS NULL OR DATE_DIFF(sale_date, cutoff_date, DAY) < gap)
  WHERE seen_at = @as_of AND is_trained_on
),

-- What was spent in the horizon, as known at the as-of date: for the label too.
spend_after_cutoff AS (
  SELECT
    cutoff_date,
    customer_key,
    SUM(cents) / 100 AS spent,
    MIN(first_currency) AS first_spent_currency,
    MAX(last_currency) AS last_spent_currency
  FROM sampled_visits
  INNER JOIN UNNEST(@cutoff_dates) AS cutoff_date
    ON cutoff_date <= sale_date AND sale_date < DATE_ADD(cutoff_date, INTERVAL @horizon_days DAY)
  WHERE seen_at = @as_of AND is_trained_on
  GROUP BY cutoff_date, customer_key
),

sale_features AS (
  SELECT
    cutoff_date,
    customer_key,
    MIN(age) AS recency_days,
    MAX(age) AS tenure_days,
    COUNT(*) AS visits,
    CAST(SUM(sales) AS INT64) AS sales,
    CAST(SUM(items) AS INT64) AS items,
    CAST(SUM(new_categories) AS INT64) AS categories,
    COUNTIF(EXTRACT(DAYOFWEEK FROM sale_date) IN (1, 7)) / COUNT(*) AS weekend_share,
    SUM(cents) / 100 AS spend,
    MAX(cents) / 100 AS spend_largest,
    MAX(IF(age = recency, cents, NULL)) / 100 AS spend_last,
    IF(MIN(first_currency) = MAX(last_currency), MIN(first_currency), NULL) AS currency,
    SUM(gap) / NULLIF(COUNT(gap), 0) AS gap_mean,
    IF(
      COUNT(gap) > 1, SQRT(COUNT(gap) * SUM(gap * gap) - SUM(gap) * SUM(gap)) / COUNT(gap), NULL
    ) AS gap_deviation,
    MAX(gap) AS gap_longest,
    MAX(IF(age = recency, gap, NULL)) AS gap_last,
    COUNTIF(gap > recency) / NULLIF(COUNT(gap), 0) AS longer_gap_share,
    COUNTIF(age * 4 <= @horizon_days) AS visits_in_quarter_horizon,
    COUNTIF(age * 2 <= @horizon_days) AS visits_in_half_horizon,
    COUNTIF(age <= @horizon_days) AS visits_in_horizon,
    COUNTIF(age <= 2 * @horizon_days) AS visits_in_2_horizons,
    COUNTIF(age <= 4 * @horizon_days) AS visits_in_4_horizons,
    SUM(IF(age * 2 <= @horizon_days, cents, 0)) / 100 AS spend_in_half_horizon,
    SUM(IF(age <= @horizon_days, cents, 0)) / 100 AS spend_in_horizon,
    SUM(IF(age <= 2 * @horizon_days, cents, 0)) / 100 AS spend_in_2_horizons,
    SUM(IF(age <= 4 * @horizon_days, cents, 0)) / 100 AS spend_in_4_horizons,
    SUM(CAST(ROUND(1e6 * EXP(-2 * age / @horizon_days)) AS INT64)) / 1e6 AS visits_decayed_fast,
    SUM(CAST(ROUND(1e6 * EXP(-age / @horizon_days)) AS INT64)) / 1e6 AS visits_decayed,
    SUM(CAST(ROUND(1e6 * EXP(-age / (3 * @horizon_days))) AS INT64)) / 1e6 AS visits_decayed_slowly,
    COUNTIF(age <= 364 AND age > 364 - @horizon_days) AS visits_same_window_last_year
  FROM history
  GROUP BY cutoff_date, customer_key
),

sessions AS (
  SELECT
    cutoff_date,
    customer_key,
    DATE_DIFF(cutoff_date, event_date, DAY) AS age,
    session_count,
    add_to_cart_count
  FROM `${project}.${warehouse_dataset}.fct_click_versions`
  INNER JOIN UNNEST(@cutoff_dates) AS cutoff_date
    ON known_from_date < cutoff_date AND cutoff_date <= known_until_date
    AND event_date < cutoff_date AND event_date >= DATE_SUB(cutoff_date, INTERVAL @horizon_days DAY)
  -- The partitions that the oldest window needs, and no older ones.
  WHERE event_date >= @first_window_date AND event_date < @as_of
),

click_features AS (
  SELECT
    cutoff_date,
    customer_key,
    MIN(age) AS days_since_session,
    CAST(SUM(IF(age * 4 <= @horizon_days, session_count, 0)) AS INT64) AS sessions_in_quarter_horizon,
    CAST(SUM(session_count) AS INT64) AS sessions_in_horizon,
    CAST(SUM(IF(age * 2 <= @horizon_days, add_to_cart_count, 0)) AS INT64) AS cart_adds_in_half_horizon
  FROM sessions
  GROUP BY cutoff_date, customer_key
),

-- Where the clickstream does not go back a whole horizon, no known session does not mean no session.
click_history AS (
  SELECT
    cutoff_date,
    MIN(first_event_date) <= DATE_SUB(cutoff_date, INTERVAL @horizon_days DAY) AS covers_horizon
  FROM (
    SELECT known_from_date, MIN(event_date) AS first_event_date
    FROM `${project}.${warehouse_dataset}.fct_click_versions`
    WHERE event_date < @as_of
    GROUP BY known_from_date
  ) AS arrivals
  INNER JOIN UNNEST(@cutoff_dates) AS cutoff_date ON known_from_date < cutoff_date
  GROUP BY cutoff_date
)

SELECT
  sale_features.* EXCEPT (visits_same_window_last_year),
  DATE_DIFF(cutoff_date, first_sale_date, DAY) AS history_days,
  spend / visits AS spend_mean,
  SAFE_DIVIDE(spend_last * visits, spend) AS spend_last_over_mean,
  2 * visits_in_horizon - visits_in_2_horizons AS visits_trend,
  ROUND(2 * spend_in_horizon - spend_in_2_horizons, 2) AS spend_trend,
  recency_days / tenure_days AS recency_over_tenure,
  recency_days / gap_mean AS recency_over_gap_mean,
  recency_days / gap_longest AS recency_over_gap_longest,
  gap_deviation / gap_mean AS gap_variation,
  IF(
    DATE_DIFF(cutoff_date, first_sale_date, DAY) >= 364 AND tenure_days > 364 - @horizon_days,
    visits_same_window_last_year,
    NULL
  ) AS visits_same_window_last_year,
  IF(covers_horizon, days_since_session, NULL) AS days_since_session,
  IF(covers_horizon, COALESCE(sessions_in_quarter_horizon, 0), NULL) AS sessions_in_quarter_horizon,
  IF(covers_horizon, COALESCE(sessions_in_horizon, 0), NULL) AS sessions_in_horizon,
  IF(covers_horizon, COALESCE(cart_adds_in_half_horizon, 0), NULL) AS cart_adds_in_half_horizon,
  -- The labels, which say nothing at the as-of date.
  next_sale_date,
  COALESCE(next_sale_date >= DATE_ADD(cutoff_date, INTERVAL @horizon_days DAY), TRUE) AS churned,
  -- Amounts in different currencies are never added: a customer who pays in several, before or after, has no sum.
  IF(
    currency = IFNULL(first_spent_currency, currency) AND currency = IFNULL(last_spent_currency, currency),
    IFNULL(spent, 0),
    NULL
  ) AS spent_in_horizon,
  one_in
FROM sale_features
CROSS JOIN sampling
LEFT JOIN click_features USING (cutoff_date, customer_key)
LEFT JOIN next_purchases USING (cutoff_date, customer_key)
LEFT JOIN spend_after_cutoff USING (cutoff_date, customer_key)
LEFT JOIN first_sales USING (cutoff_date)
LEFT JOIN click_history USING (cutoff_date);
