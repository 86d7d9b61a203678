// The days of each load's events, in a small table, so that a table partitioned by the event's day can be queried for
// a load without being read in full. stg_RECORD writes it with its rows. A day on which a load no longer has any event
// stays, with a count of 0, so that tables that aggregate that day notice.
const days = require("includes/days");
const dictionary = require("includes/dictionary");
const settings = require("includes/settings");

const tableOf = ({ record }) => `stg_${record}_loads`;

/** Define the table. */
function define(source, config) {
  const { name } = source.day;
  operate(tableOf(source), {
    hasOutput: true,
    disabled: config.disabled,
    tags: config.tags,
    description: `The days of each load's events, and how many there are: it tells stg_${source.record} where to look.`,
    columns: dictionary.listed("load_date", name, "event_count"),
  }).queries((ctx) => `CREATE TABLE IF NOT EXISTS ${ctx.self()} (
  load_date DATE,
  ${name} DATE,
  event_count INT64
)
PARTITION BY load_date
OPTIONS (labels = [('layer', 'silver'), ('source', '${source.folder}')])`);
}

/** The condition that a load is recent and has an event: the newest is sought among those. */
const hasRecentEvents = `event_count > 0 AND load_date >= DATE_SUB(${settings.asOf}, INTERVAL ${days.RECENT_DAYS} DAY)`;

/** Return the condition that a row may be of a load that is read again, or an earlier delivery of one of its events. */
const isTouched = ({ day }) => (settings.assertsAll ? "TRUE" : `${day.name} IN UNNEST(touched_days)`);

/**
 * Return the SQL that opens an incremental run: it deletes the loads from first_reopened on, to make room for their
 * rows. Both deliveries of an event have its time, so that the first one is in the same month. On Sundays all months
 * are searched, and RECENT_DAYS days of loads are read again.
 */
function reopen(source, ctx) {
  const { day, record } = source;
  const known = ctx.ref(tableOf(source));
  const back = settings.assertsAll ? days.RECENT_DAYS : settings.lookBackDays;
  return `
  DECLARE first_reopened DATE DEFAULT (
    ${days.firstToReopen(known, "load_date", hasRecentEvents, back)}
  );
  DECLARE touched_days ARRAY<DATE> DEFAULT IFNULL((${days.ofMonths(`
      SELECT ${day.name} AS day FROM ${known} WHERE load_date >= first_reopened
      UNION DISTINCT
      SELECT ${day.name} FROM ${ctx.ref(`stg_${record}_rows`)} WHERE load_date >= first_reopened AND reason IS NULL`)}
  ), []);
  BEGIN TRANSACTION;
  DELETE FROM ${ctx.self()} WHERE ${isTouched(source)} AND load_date >= first_reopened`;
}

/** Return the SQL that records the loads that were read and ends the transaction of their rows. */
function note(source, ctx) {
  const [known, { name }] = [ctx.ref(tableOf(source)), source.day];
  const counts = (where) => `
    SELECT load_date, ${name}, COUNT(*) AS event_count
    FROM ${ctx.self()}
    WHERE ${where}
    GROUP BY load_date, ${name}`;
  if (!ctx.incremental()) {
    return `DELETE FROM ${known} WHERE TRUE;
  INSERT INTO ${known} (load_date, ${name}, event_count)${counts("TRUE")}`;
  }
  return `
  UPDATE ${known} SET event_count = 0 WHERE load_date >= first_reopened;
  MERGE ${known} AS known
  USING (${counts(`${isTouched(source)} AND load_date >= first_reopened`)}
  ) AS found
  ON known.load_date >= first_reopened AND known.load_date = found.load_date AND known.${name} = found.${name}
  WHEN MATCHED THEN UPDATE SET event_count = found.event_count
  WHEN NOT MATCHED BY TARGET THEN INSERT (load_date, ${name}, event_count)
    VALUES (found.load_date, found.${name}, found.event_count);
  ${days.close}`;
}

/** Return a query, in brackets, without loads, for a source that is absent. */
const nothing = (day) =>
  `(SELECT CAST(NULL AS DATE) AS load_date, CAST(NULL AS DATE) AS ${day}, 0 AS event_count LIMIT 0)`;

module.exports = { define, hasRecentEvents, isTouched, reopen, note, nothing };
