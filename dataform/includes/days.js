// Incremental work by day: a run rereads the days loaded last, for which late files may still arrive.
const { asOf, lookBackDays } = require("includes/settings");

const THE_BEGINNING = "DATE '0001-01-01'";
const THE_END = "DATE '9999-12-31'"; // the known_until_date of what is current

const RECENT_DAYS = 35; // days

/**
 * Return the query for the first day to read again, by the table's rows that meet a condition: a constant once it is
 * in a script's variable. Without such a row it is THE_BEGINNING.
 */
function firstToReopen(table, day, condition, back = lookBackDays) {
  return `SELECT IFNULL(DATE_SUB(MAX(${day}), INTERVAL ${back} DAY), ${THE_BEGINNING})
    FROM ${table}
    WHERE ${condition}`;
}

/**
 * Return the SQL that opens an incremental run of a table partitioned by day: it deletes the days from first_reopened
 * on, to make room for new rows. The newest day is sought among the recent ones.
 */
function reopen(table, day) {
  return `
  DECLARE first_reopened DATE DEFAULT (
    ${firstToReopen(table, day, `${day} >= DATE_SUB(${asOf}, INTERVAL ${RECENT_DAYS} DAY)`)}
  );
  BEGIN TRANSACTION;
  DELETE FROM ${table} WHERE ${day} >= first_reopened`;
}

/** Return the query for all days of the months that a query's column `day` falls into, as an array. */
const ofMonths = (query) => `
    SELECT ARRAY_AGG(DISTINCT one)
    FROM (${query}) CROSS JOIN UNNEST(GENERATE_DATE_ARRAY(DATE_TRUNC(day, MONTH), LAST_DAY(day, MONTH))) AS one
    WHERE day IS NOT NULL`;

/**
 * Return the partitioning of a table whose days may go far back: by month. A BigQuery job modifies at most 4,000
 * partitions, which by day would be 11 years (docs.cloud.google.com/bigquery/quotas#partitioned_tables).
 */
function monthOf(day) {
  return `DATE_TRUNC(${day}, MONTH)`;
}

module.exports = {
  THE_BEGINNING, THE_END, RECENT_DAYS, firstToReopen, monthOf, ofMonths, reopen, close: "COMMIT TRANSACTION",
};
