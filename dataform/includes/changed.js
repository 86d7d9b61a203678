// Which days of sales changed since a table of gold last took them over, by two small tables: stg_sales_changes has a
// row for each day that a run touched, stg_sales_taken the last number that a table has taken. So a table that failed
// catches up, and none compares its whole with silver's but on Sundays, or when all versions were worked out again.
const days = require("includes/days");
const settings = require("includes/settings");

const next = (changes) => `(SELECT IFNULL(MAX(change_number), 0) + 1 FROM ${changes})`;

/** Return the query of the days, by the table `changed`, that a run touches. */
const ofRun = (changes, condition) => `
  SELECT DISTINCT ${next(changes)}, sale_date, DATE(known_until, ${settings.timeZone})
  FROM changed
  WHERE sale_date IS NOT NULL AND ${condition}`;

/** Return the query of the row that stands for all days, which names none, where a condition holds. */
const all = (changes, condition) => `
  SELECT ${next(changes)}, CAST(NULL AS DATE), CAST(NULL AS DATE)
  FROM UNNEST([0])
  WHERE ${condition}`;

/**
 * Return what declares the changes that a table has not taken over, those after `taken` up to last_change.
 *
 * compared_from: the first of all days where all are to be looked at, else the last of all
 */
function since(ctx) {
  const changes = ctx.ref("stg_sales_changes");
  return `
  DECLARE taken INT64 DEFAULT (
    SELECT IFNULL(MAX(change_number), 0) FROM ${ctx.ref("stg_sales_taken")} WHERE table_name = '${ctx.name()}'
  );
  DECLARE last_change INT64 DEFAULT (SELECT IFNULL(MAX(change_number), 0) FROM ${changes});
  DECLARE compared_from DATE DEFAULT (
    SELECT IF(${settings.assertsAll} OR COUNTIF(sale_date IS NULL) > 0, ${days.THE_BEGINNING}, ${days.THE_END})
    FROM ${changes}
    WHERE change_number > taken
  );`;
}

/** Return the query of the days that the changes after `taken` name in a column, as an array. */
const daysOf = (ctx, day) => `
    SELECT IFNULL(ARRAY_AGG(DISTINCT ${day}), [])
    FROM ${ctx.ref("stg_sales_changes")}
    WHERE change_number > taken AND ${day} IS NOT NULL`;

/**
 * Return what declares changed_days and opens the transaction in which an incremental table takes those days over.
 *
 * day: the column of stg_sales_changes that the table is by
 * source: the table or view that it takes rows from
 * columns, sourceColumns: those by which a row is the same in both
 */
function open(ctx, { day, source, columns, sourceColumns = columns }) {
  const changes = ctx.ref("stg_sales_changes");
  return `${since(ctx)}
  DECLARE changed_days ARRAY<DATE> DEFAULT (
    SELECT ARRAY_AGG(DISTINCT ${day})
    FROM (
      SELECT ${day} FROM ${changes} WHERE change_number > taken AND ${day} IS NOT NULL
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

/** Return what a table ends with that has taken over what changed: the last number, in the transaction of its rows. */
const close = (ctx) => `
  INSERT INTO ${ctx.ref("stg_sales_taken")} (table_name, change_number)
  SELECT '${ctx.name()}', ${ctx.when(ctx.incremental(), "last_change", `IFNULL(MAX(change_number), 0)`)}
  FROM ${ctx.when(ctx.incremental(), "UNNEST([0])", ctx.ref("stg_sales_changes"))}
  ${ctx.when(ctx.incremental(), `WHERE last_change > taken; ${days.close}`)}`;

module.exports = { ofRun, all, since, daysOf, open, close };
