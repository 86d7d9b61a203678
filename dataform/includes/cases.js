// Rows of the unit tests, written as JavaScript objects: column → string, number, boolean, null or sql`…`.
const sql = (text) => ({ sql: String(text) });

function literal(value) {
  if (value === null) return "NULL";
  if (typeof value === "object") return value.sql;
  return typeof value === "string" ? `'${value.replace(/[\\']/g, "\\$&")}'` : String(value);
}

/** Return a query that yields the rows; every row has the same columns. */
function rows(objects) {
  const select = (row) => Object.entries(row).map(([name, value]) => `${literal(value)} AS ${name}`).join(", ");
  return objects.map((row) => `SELECT ${select(row)}`).join("\nUNION ALL\n");
}

module.exports = { sql, literal, rows };
