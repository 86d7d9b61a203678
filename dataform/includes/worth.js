// The expected value of each predicted customer, and their purchases up to the day of the prediction.
const { lapsedAfterDays, shownAsOf } = require("includes/settings");

// The part of the expected loss that can still be saved: customers who are as good as gone cannot be reached.
const KEEPABLE = "expected_loss * (1 - churn_probability)";
const MOST_LISTED = 10000;

/** Return the query for customers by prediction_date, of the predictions for which `where` holds. */
function customers({ predictions, sales, dimension, where }) {
  return `
    SELECT
      prediction_date,
      customer_key,
      CASE
        WHEN IFNULL(days_since_last_purchase > ${lapsedAfterDays}, TRUE) THEN 'lapsed'
        WHEN days_since_first_purchase <= ${lapsedAfterDays} THEN 'new'
        WHEN days_since_last_purchase * 2 > ${lapsedAfterDays} THEN 'lapsing'
        ELSE 'regular'
      END AS segment,
      IFNULL(preferred_category, 'unknown') AS product_category,
      IFNULL(preferred_channel, 'unknown') AS channel,
      COALESCE(currency, used_currency, 'unknown') AS currency,
      risk_band,
      CAST(churn_probability AS NUMERIC) AS churn_probability,
      horizon_days,
      CAST(expected_spend AS NUMERIC) AS expected_spend,
      CAST(value_at_risk AS NUMERIC) AS expected_loss,
      CAST(expected_spend AS NUMERIC) + CAST(value_at_risk AS NUMERIC) AS value,
      days_since_last_purchase,
      top_reasons
    FROM ${predictions}
    LEFT JOIN (${purchases(predictions, sales, where)}
    ) USING (prediction_date, customer_key)
    LEFT JOIN ${dimension} USING (customer_key)
    WHERE ${where}`;
}

/**
 * Return the query for the customers to contact, by the newest predictions: those who have lapsed, or all others.
 *
 * Amounts in different currencies cannot be compared: the rank goes by what can be saved as a multiple of the mean
 * value of a customer in the currency. Customers in a running campaign, listed or held out, are left out.
 */
function ranked({ predictions, sales, dimension, audiences, segments }) {
  // Constants at both ends, so that only these partitions are opened.
  const recent = `prediction_date BETWEEN DATE_SUB(${shownAsOf}, INTERVAL 30 DAY) AND ${shownAsOf}`;
  // A decile of 0: the base rate was served that day, and no list ranks by it.
  const where = `${recent} AND decile > 0 AND prediction_date = (SELECT MAX(prediction_date) FROM ${predictions} WHERE ${recent})`;
  const known = `prediction_date, customer_key, segment, churn_probability, risk_band, horizon_days, value, currency,
    expected_spend, expected_loss, days_since_last_purchase, product_category, channel, top_reasons`;
  return `
SELECT
  prediction_date,
  customer_key,
  ROW_NUMBER() OVER (ORDER BY ${KEEPABLE} / mean_value DESC, customer_key) AS call_rank,
  segment,
  CAST(churn_probability AS FLOAT64) AS churn_probability,
  risk_band,
  horizon_days,
  CAST(value AS FLOAT64) AS value,
  CAST(expected_spend AS FLOAT64) AS expected_spend,
  CAST(expected_loss AS FLOAT64) AS expected_loss,
  CAST(${KEEPABLE} AS FLOAT64) AS keepable_value,
  currency,
  CAST(lapsed_loss / NULLIF(loss, 0) AS FLOAT64) AS lapsed_share,
  days_since_last_purchase,
  product_category,
  channel,
  IFNULL(ARRAY_TO_STRING(top_reasons, '; '), '') AS reasons
FROM (
  SELECT
    ${known},
    AVG(value) OVER (PARTITION BY currency) AS mean_value,
    SUM(IF(segment = 'lapsed', expected_loss, 0)) OVER (PARTITION BY currency) AS lapsed_loss,
    SUM(expected_loss) OVER (PARTITION BY currency) AS loss
  FROM (${customers({ predictions, sales, dimension, where })}
  )
  WHERE value > 0
)
WHERE
  ${segments}
  AND customer_key NOT IN (SELECT customer_key FROM ${audiences} WHERE closes_on > ${shownAsOf})
QUALIFY call_rank <= ${MOST_LISTED}`;
}

/** Return the query for the days since the first and last purchase before a prediction, and the currency used most. */
function purchases(predictions, sales, where) {
  const ofCustomer = "PARTITION BY prediction_date, customer_key";
  return `
      SELECT
        prediction_date,
        customer_key,
        used_currency,
        DATE_DIFF(prediction_date, MIN(first_date) OVER (${ofCustomer}), DAY) AS days_since_first_purchase,
        DATE_DIFF(prediction_date, MAX(last_date) OVER (${ofCustomer}), DAY) AS days_since_last_purchase
      FROM (
        SELECT
          prediction_date,
          customer_key,
          IFNULL(sales.currency, 'unknown') AS used_currency,
          COUNT(*) AS order_count,
          MIN(sale_date) AS first_date,
          MAX(sale_date) AS last_date
        FROM ${predictions}
        INNER JOIN ${sales} AS sales USING (customer_key)
        WHERE ${where} AND status = 'completed' AND sale_date < prediction_date
        GROUP BY 1, 2, 3
      )
      QUALIFY ROW_NUMBER() OVER (
        ${ofCustomer} ORDER BY order_count DESC, last_date DESC, used_currency
      ) = 1`;
}

module.exports = { customers, ranked };
