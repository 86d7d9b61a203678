// Assertions of tables that grow: on a usual day they look at what is of late, on Sundays at the whole. Sundays are
// those of the run's date: a day run again asserts what it asserted.
const { asOf, assertsAll } = require("includes/settings");

/** Return the condition that a row is of late; `days` is how many days back that reaches. */
const isOfLate = (day, days) => (assertsAll ? "TRUE" : `${day} >= DATE_SUB(${asOf}, INTERVAL ${days} DAY)`);

/**
 * Return the query of the keys of a table's rows that break a rule: a key that stands twice, a column that is NULL,
 * a condition that does not hold. The table is read once. Where the key is not unique, it may stand more often.
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

module.exports = { isOfLate, broken };
