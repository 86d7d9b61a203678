// What each predicted customer was worth on the day of the prediction, and how they had bought until then.
const { lapsedAfterDays } = require("includes/settings");

/** Return the query of customers by prediction_date, of the predictions for which `where` holds. */
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
      IFNULL(currency, 'unknown') AS currency,
      risk_band,
      CAST(churn_probability AS NUMERIC) AS churn_probability,
      IFNULL(spent_last_year, 0) * horizon_days / 365 AS value,
      days_since_last_purchase,
      top_reasons
    FROM ${predictions}
    LEFT JOIN (${purchases(predictions, sales, where)}
    ) USING (prediction_date, customer_key)
    LEFT JOIN ${dimension} USING (customer_key)
    WHERE ${where}`;
}

/** Return the query of the purchases before each prediction; the money is in the currency used most. */
function purchases(predictions, sales, where) {
  const ofCustomer = "PARTITION BY prediction_date, customer_key";
  return `
      SELECT
        prediction_date,
        customer_key,
        currency,
        spent_last_year,
        DATE_DIFF(prediction_date, MIN(first_date) OVER (${ofCustomer}), DAY) AS days_since_first_purchase,
        DATE_DIFF(prediction_date, MAX(last_date) OVER (${ofCustomer}), DAY) AS days_since_last_purchase
      FROM (
        SELECT
          prediction_date,
          customer_key,
          IFNULL(currency, 'unknown') AS currency,
          COUNT(*) AS order_count,
          MIN(sale_date) AS first_date,
          MAX(sale_date) AS last_date,
          SUM(IF(DATE_DIFF(prediction_date, sale_date, DAY) <= 365, CAST(net_amount AS NUMERIC), 0)) AS spent_last_year
        FROM ${predictions}
        INNER JOIN ${sales} USING (customer_key)
        WHERE ${where} AND status = 'completed' AND sale_date < prediction_date
        GROUP BY 1, 2, 3
      )
      QUALIFY ROW_NUMBER() OVER (
        ${ofCustomer} ORDER BY order_count DESC, last_date DESC, currency
      ) = 1`;
}

module.exports = { customers };
