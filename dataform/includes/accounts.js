// Rows in = rows accepted + rejected + duplicates, and few of them rejected.
const { REJECTS_ALWAYS_TOLERATED } = require("includes/contracts");
const { asOf, lookBackDays, maxRejectShare } = require("includes/settings");


/** Return the query for the days that do not add up; each argument is a query with rows (day, n). */
function unaccounted({ rowsIn, accepted, rejected, duplicates }) {
  const parts = Object.entries({ rows_in: rowsIn, accepted, rejected, duplicates });
  const counts = parts.map(([kind, query]) => `SELECT '${kind}' AS kind, day, n FROM (${query}\n)`);
  const sums = parts.map(([kind]) => `SUM(IF(kind = '${kind}', n, 0)) AS ${kind}`);
  return `SELECT day, ${sums.join(", ")}
FROM (
${counts.join("\nUNION ALL\n")}
)
GROUP BY day
HAVING rows_in != accepted + rejected + duplicates`;
}

/** Return the query for a table's number of rows per day, as rows (day, n). */
function daily(table, day, where = "TRUE") {
  return `SELECT ${day} AS day, COUNT(*) AS n FROM ${table} WHERE ${where} GROUP BY ${day}`;
}

/** Return the query for the recent days with too many rejected rows, among the rows that meet the condition `known`. */
function tooManyRejects(table, day, known = "TRUE") {
  return `SELECT ${day}, COUNTIF(reason IS NOT NULL) AS rejected, COUNT(*) AS rows_in
FROM ${table}
WHERE ${day} BETWEEN DATE_SUB(${asOf}, INTERVAL ${lookBackDays} DAY) AND ${asOf} AND ${known}
GROUP BY ${day}
HAVING rejected > GREATEST(${REJECTS_ALWAYS_TOLERATED}, ${maxRejectShare} * rows_in)`;
}

module.exports = { unaccounted, daily, tooManyRejects };
