// Which days of sales have changed since a gold table last applied them, by two small tables: stg_sales_changes has a
// row for each day that a run touched, stg_sales_taken the last change number that a table has applied. A table that
// failed thus catches up, and none is compared with all of silver except on Sundays or when all versions are rebuilt.
//
// The SQL of an incremental table may use the variables that since declares: applied_change, last_change and
// compared_from. After open there is changed_days too, and a transaction that close ends; a table that opens its own
// transaction after since ends it with close as well.
const days = require("includes/days");
const settings = require("includes/settings");

const next = (changes) => `(SELECT IFNULL(MAX(change_number), 0) + 1 FROM ${changes})`;

/** Return the query for the days that a run touches, by the table `changed`. */
const ofRun = (changes, condition) => `
  SELECT DISTINCT ${next(changes)}, sale_date, DATE(known_until, ${settings.timeZone})
  FROM changed
  WHERE sale_date IS NOT NULL AND ${condition}`;

/** Return the query for the row that stands for all days, whose days are NULL, if a condition holds. */
const all = (changes, condition) => `
  SELECT ${next(changes)}, CAST(NULL AS DATE), CAST(NULL AS DATE)
  FROM UNNEST([0])
  WHERE ${condition}`;

/**
 * Return the declarations for the changes that a table has not applied: those after `applied_change` up to last_change.
 *
 * compared_from: THE_BEGINNING if all days are to be compared, otherwise THE_END
 */
function since(ctx) {
  const changes = ctx.ref("stg_sales_changes");
  return `
  DECLARE applied_change INT64 DEFAULT (
    SELECT IFNULL(MAX(change_number), 0) FROM ${ctx.ref("stg_sales_taken")} WHERE table_name = '${ctx.name()}'
  );
  DECLARE last_change INT64 DEFAULT (SELECT IFNULL(MAX(change_number), 0) FROM ${changes});
  DECLARE compared_from DATE DEFAULT (
    SELECT IF(${settings.assertsAll} OR COUNTIF(sale_date IS NULL) > 0, ${days.THE_BEGINNING}, ${days.THE_END})
    FROM ${changes}
    WHERE change_number > applied_change
  );`;
}

/** Return the query for the days that a column of the changes after `applied_change` has, as an array. */
const daysOf = (ctx, day) => `
    SELECT IFNULL(ARRAY_AGG(DISTINCT ${day}), [])
    FROM ${ctx.ref("stg_sales_changes")}
    WHERE change_number > applied_change AND ${day} IS NOT NULL`;

/**
 * Return the SQL that declares changed_days and opens the transaction in which an incremental table applies them.
 *
 * day: the day column of the table, its source and stg_sales_changes
 * source: the table or view that it takes rows from
 * columns, sourceColumns: those that are equal for the same row in both
 */
function open(ctx, { day, source, columns, sourceColumns = columns }) {
  const changes = ctx.ref("stg_sales_changes");
  return `${since(ctx)}
  DECLARE changed_days ARRAY<DATE> DEFAULT (
    SELECT ARRAY_AGG(DISTINCT ${day})
    FROM (
      SELECT ${day} FROM ${changes} WHERE change_number > applied_change AND ${day} IS NOT NULL
      UNION ALL
      SELECT ${day}
      FROM (
        SELECT ${sourceColumns.join(", ")} FROM ${source} WHERE ${day} >= compared_from
        UNION ALL
        SELECT ${columns.join(", ")} FROM ${ctx.self()} WHERE ${day} >= compared_from
      )
      GROUP BY ${sourceColumns.join(", ")}
      HAVING COUNT(*) != 2
    )
  );
  BEGIN TRANSACTION;
  DELETE FROM ${ctx.self()} WHERE ${day} IN UNNEST(changed_days)`;
}

/** Return the SQL that records the last change a table has applied, in the transaction of its rows. */
function close(ctx) {
  const insert = `
  INSERT INTO ${ctx.ref("stg_sales_taken")} (table_name, change_number)`;
  if (ctx.incremental()) {
    return `${insert}
  SELECT '${ctx.name()}', last_change
  FROM UNNEST([0])
  WHERE last_change > applied_change; ${days.close}`;
  }
  return `${insert}
  SELECT '${ctx.name()}', IFNULL(MAX(change_number), 0)
  FROM ${ctx.ref("stg_sales_changes")}`;
}

module.exports = { ofRun, all, since, daysOf, open, close };
