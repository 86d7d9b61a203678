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

module.exports = { THE_BEGINNING, THE_END, firstToReopen, reopen, close: "COMMIT TRANSACTION" };
