// Incremental work by the day: a run reads again the days loaded last, where late files may still arrive.
const { asOf, lookBackDays } = require("includes/settings");

const THE_BEGINNING = "DATE '0001-01-01'";
const THE_END = "DATE '9999-12-31'"; // until when what is known now will be

const OF_LATE = 35; // days

/**
 * Return the query of the first day to read again, of the table's rows that a condition holds for: a constant once it
 * stands in a script's variable. Without such a row it is the first of all.
 */
function firstToReopen(table, day, condition, back = lookBackDays) {
  return `SELECT IFNULL(DATE_SUB(MAX(${day}), INTERVAL ${back} DAY), ${THE_BEGINNING})
    FROM ${table}
    WHERE ${condition}`;
}

/**
 * Return what opens an incremental run of a table that is partitioned by the day: from first_reopened on, its days make
 * room for new rows. The newest is sought among those of late.
 */
function reopen(table, day) {
  return `
  DECLARE first_reopened DATE DEFAULT (
    ${firstToReopen(table, day, `${day} >= DATE_SUB(${asOf}, INTERVAL ${OF_LATE} DAY)`)}
  );
  BEGIN TRANSACTION;
  DELETE FROM ${table} WHERE ${day} >= first_reopened`;
}

/** Return the days of the months of the days of a query's column `day`, as an array. */
const ofMonths = (query) => `
    SELECT ARRAY_AGG(DISTINCT one)
    FROM (${query}) CROSS JOIN UNNEST(GENERATE_DATE_ARRAY(DATE_TRUNC(day, MONTH), LAST_DAY(day, MONTH))) AS one
    WHERE day IS NOT NULL`;

/**
 * Return the partitions of a table by a day that may lie long ago: months. BigQuery changes 4,000 partitions in a job,
 * which by days are 11 years (docs.cloud.google.com/bigquery/quotas#partitioned_tables).
 */
function monthOf(day) {
  return `DATE_TRUNC(${day}, MONTH)`;
}

module.exports = {
  THE_BEGINNING, THE_END, OF_LATE, firstToReopen, monthOf, ofMonths, reopen, close: "COMMIT TRANSACTION",
};
