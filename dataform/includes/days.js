// Incremental work by the day: a run reads again the days loaded last, where late files may still arrive.
const { lookBackDays } = require("includes/settings");

const THE_BEGINNING = "DATE '0001-01-01'";
const THE_END = "DATE '9999-12-31'"; // until when what is known now will be

/** Return the query of the first day to read again: a constant once it stands in a script's variable. */
function firstToReopen(table, day) {
  return `SELECT IFNULL(DATE_SUB(MAX(${day}), INTERVAL ${lookBackDays} DAY), ${THE_BEGINNING}) FROM ${table}`;
}

/** Return what opens an incremental run: from first_reopened on, the table's days make room for new rows. */
function reopen(table, day) {
  return `
  DECLARE first_reopened DATE DEFAULT (
    ${firstToReopen(table, day)}
  );
  BEGIN TRANSACTION;
  DELETE FROM ${table} WHERE ${day} >= first_reopened`;
}

/**
 * Return the partitions of a table by a day that may lie long ago: months. BigQuery changes 4,000 partitions in a job,
 * which by days are 11 years (docs.cloud.google.com/bigquery/quotas#partitioned_tables).
 */
function monthOf(day) {
  return `DATE_TRUNC(${day}, MONTH)`;
}

module.exports = { THE_BEGINNING, THE_END, firstToReopen, monthOf, reopen, close: "COMMIT TRANSACTION" };
