// Whether a source arrives as it did recently, seen from the run's date.
const { asOf, leastVolumeShare, mostVolumeShare } = require("includes/settings");

const JUDGED_FROM_WEEKLY_ROWS = 100;
const USUAL_WEEKS = 4; // before last week

/** Return a query that has one row if the newest day that counts is more than `days` days before the run's date. */
function stale(table, day, days, counts = "TRUE") {
  return `SELECT CONCAT('the newest day is ', CAST(MAX(${day}) AS STRING)) AS problem
FROM ${table}
WHERE ${counts}
HAVING DATE_DIFF(${asOf}, MAX(${day}), DAY) > ${days}`;
}

/** Return a query that has one row if last week's rows are too few or too many compared to the four weeks before. */
function unusual(table, day) {
  const last = `COUNTIF(${day} >= DATE_SUB(${asOf}, INTERVAL 7 DAY))`;
  const usual = `COUNTIF(${day} < DATE_SUB(${asOf}, INTERVAL 7 DAY)) / ${USUAL_WEEKS}`;
  return `SELECT CONCAT(CAST(${last} AS STRING), ' rows last week, ', CAST(${usual} AS STRING), ' usually') AS problem
FROM ${table}
WHERE ${day} BETWEEN DATE_SUB(${asOf}, INTERVAL ${7 * (USUAL_WEEKS + 1)} DAY) AND DATE_SUB(${asOf}, INTERVAL 1 DAY)
HAVING
  ${usual} >= ${JUDGED_FROM_WEEKLY_ROWS}
  AND NOT ${last} BETWEEN ${leastVolumeShare} * ${usual} AND ${mostVolumeShare} * ${usual}`;
}

module.exports = { stale, unusual };
