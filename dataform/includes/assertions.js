// Assertions on growing tables: on weekdays and Saturdays they check recent rows, on Sundays the whole table. The day
// of the week is that of the run's date, so that a rerun of a day asserts the same.
const { asOf, assertsAll } = require("includes/settings");

/** Return the condition that a row is recent: at most `days` days old. */
const isRecent = (day, days) => (assertsAll ? "TRUE" : `${day} >= DATE_SUB(${asOf}, INTERVAL ${days} DAY)`);

/**
 * Return the query for the keys of a table's rows that break a rule: a key that occurs twice, a column that is NULL,
 * a condition that does not hold. The table is read once. If the key is not unique, it may occur more than once.
 */
function broken({ table, key, nonNull = [], conditions = [], where = "TRUE", isUnique = true }) {
  const rules = [...nonNull.map((column) => `${column} IS NOT NULL`), ...conditions];
  const cases = rules.map((rule) => `WHEN NOT (${rule}) THEN ${JSON.stringify(rule)}`).join("\n    ");
  return `SELECT ${key.join(", ")}, COUNT(*) AS row_count, MAX(broken) AS broken
FROM (
  SELECT
    ${key.join(", ")},
    CASE
    ${cases}
    END AS broken
  FROM ${table}
  WHERE ${where}
)
GROUP BY ${key.join(", ")}
HAVING ${isUnique ? "row_count > 1 OR " : ""}broken IS NOT NULL`;
}

module.exports = { isRecent, broken };
