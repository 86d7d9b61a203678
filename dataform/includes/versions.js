// Versions of sales: the states of a document, and from when until when each was known.
const records = require("includes/records");
const days = require("includes/days");
const manifests = require("includes/manifests");
const settings = require("includes/settings");

const OF_A_SALE = ["customer_key", "sold_at", "sale_date", ...records.attributes("sale")];
const OF_A_VERSION = ["reason", "is_deleted", "update_time", "known_from", "export_id", "export_date"];
const COLUMNS = ["document_id", ...OF_A_SALE, ...OF_A_VERSION];

const soldOn = `DATE(sold_at, ${settings.timeZone}) AS sale_date`;

/** The columns of a document's last version. A deleted one is in no month, so that it is found if created again. */
const last = COLUMNS.map((name) => (name === "sale_date" ? "IF(is_deleted, NULL, sale_date) AS sale_date" : name)).join(", ");

/** Return the statement that creates the table of past versions: `how` is CREATE TABLE or the like. */
const makePast = (how, table, query) => `
  ${how} ${table}
  PARTITION BY known_until_date
  CLUSTER BY customer_key
  OPTIONS (labels = [('layer', 'silver'), ('source', 'sales')])
  AS ${query}`;

/** The query for the versions that were superseded, in a script that has the table `changed`. */
const past = `
  SELECT ${COLUMNS.join(", ")}, known_until, DATE(known_until, ${settings.timeZone}) AS known_until_date
  FROM changed
  WHERE known_until IS NOT NULL AND NOT is_deleted AND customer_key IS NOT NULL`;

/**
 * Return the declarations, in the script of an incremental table, of the days its documents may be of before this run.
 *
 * first_unread: the date from which exports are unread
 * rebuilt_from: THE_BEGINNING if an export that was read no longer exists, so that all versions are rebuilt from all
 *   exports; otherwise THE_END
 * touched_days: the days of the months that hold the unread versions' documents, except those that have no day
 *
 * BigQuery reads only the partitions that a constant names. A sale mostly stays in its month, and a deleted one was
 * mostly sold when it last changed: if each document is one row, and as many are found there as the manifests count as
 * changed and deleted, no other month is read. Otherwise the documents are sought in all, by two narrow columns.
 */
function declarations(ctx) {
  const [rows, readExports] = [ctx.ref("stg_sales_rows"), ctx.ref("stg_sales_exports")];
  const finished = ctx.resolve("ext_sales_manifests_gcs"); // read without waiting for its assertions: one comes after this
  const unread = `${rows} WHERE export_date >= first_unread AND ${manifests.isUnread(readExports)}`;
  const isUnread = `document_id IN (SELECT document_id FROM ${unread})`;
  return `
  DECLARE is_rebuilt BOOL DEFAULT EXISTS (
    SELECT export_id FROM ${readExports} WHERE ${manifests.isGone(finished)}
  );
  DECLARE rebuilt_from DATE DEFAULT IF(is_rebuilt, ${days.THE_BEGINNING}, ${days.THE_END});
  DECLARE first_unread DATE DEFAULT (
    SELECT IF(is_rebuilt, ${days.THE_BEGINNING}, (${manifests.firstUnread(finished, readExports)}))
  );
  DECLARE likely_days ARRAY<DATE> DEFAULT (${days.ofMonths(`
      SELECT sale_date AS day FROM ${unread}
      UNION DISTINCT
      SELECT DATE(update_time, ${settings.timeZone}) FROM ${unread}`)}
  );
  DECLARE is_all_found BOOL DEFAULT (SELECT is_rebuilt OR IFNULL(
    (
      SELECT IF(SUM(\`rows\`) = SUM(\`new\` + changed + deleted) AND SUM(rejects) = 0, SUM(changed + deleted), NULL)
      FROM ${finished}
      WHERE \`rows\` > 0 AND ${manifests.isUnread(readExports)}
    ) = (
      SELECT COUNT(*)
      FROM ${ctx.self()}
      WHERE (sale_date IN UNNEST(likely_days) OR sale_date IS NULL) AND NOT is_deleted AND ${isUnread}
    ), FALSE
  ));
  DECLARE sought_from DATE DEFAULT IF(is_all_found, ${days.THE_END}, ${days.THE_BEGINNING});
  DECLARE touched_days ARRAY<DATE> DEFAULT ARRAY_CONCAT(
    IFNULL(likely_days, []),
    IFNULL((${days.ofMonths(`
      SELECT sale_date AS day FROM ${ctx.self()} WHERE sale_date >= sought_from AND ${isUnread}`)}
    ), [])
  );`;
}

/** The condition that a row of silver's last versions may be of a document that has a version in `changed`. */
const isTouched = "(sale_date IN UNNEST(touched_days) OR sale_date IS NULL OR sale_date >= rebuilt_from)";

/** Return the query for the rows that were not read before: all rows if the table is created anew. */
function unread(ctx) {
  return `
    SELECT ${COLUMNS.join(", ")}, FALSE AS is_stored
    FROM ${ctx.ref("stg_sales_rows")}
    ${ctx.when(ctx.incremental(), `WHERE
      export_date >= first_unread
      AND (is_rebuilt OR ${manifests.isUnread(ctx.ref("stg_sales_exports"))})`)}`;
}

/**
 * Return the statement that creates the table `changed`: the unread versions and, for each of their documents, the
 * last one before, with their known_until.
 *
 * known_until is when the next version was known, NULL for the last. A version that breaks a rule is disputed:
 * it has the values of the last good one, except for status and reason. Until there is a good one they are NULL.
 */
function makeChanged(ctx) {
  const stored = ctx.when(ctx.incremental(), `
    UNION ALL
    SELECT ${COLUMNS.map((name) => (name === "sale_date" ? soldOn : name)).join(", ")}, TRUE AS is_stored
    FROM ${ctx.self()}
    WHERE NOT is_rebuilt AND ${isTouched} AND document_id IN (SELECT document_id FROM unread)`);
  const status = `CASE
      WHEN followed.is_deleted THEN 'deleted'
      WHEN followed.reason IS NOT NULL THEN 'disputed'
      ELSE good.status
    END AS status`;
  return `
  CREATE TEMP TABLE changed AS
  WITH
  unread AS (${unread(ctx)}
  ),
  together AS (
    SELECT ${COLUMNS.join(", ")}, is_stored FROM unread${stored}
  ),
  versions AS (
    SELECT
      ${COLUMNS.join(", ")}, is_stored,
      customer_key IS NOT NULL AND (is_stored OR reason IS NULL) AS is_good
    FROM together
    WHERE TRUE
    -- A version that was read twice counts once.
    QUALIFY ROW_NUMBER() OVER (
      PARTITION BY document_id, known_from, update_time ORDER BY is_stored DESC, export_date DESC, export_id DESC
    ) = 1
  ),
  placed AS (
    SELECT
      ${COLUMNS.join(", ")}, is_good,
      ROW_NUMBER() OVER document_versions AS place,
      LEAD(known_from) OVER document_versions AS known_until
    FROM versions
    WINDOW document_versions AS (PARTITION BY document_id ORDER BY known_from, update_time, export_date, export_id)
  ),
  followed AS (
    SELECT
      ${[...COLUMNS, "known_until", "place"].join(", ")},
      MAX(IF(is_good, place, NULL)) OVER (PARTITION BY document_id ORDER BY place) AS good_place
    FROM placed
  )
  SELECT
    followed.document_id,
    ${OF_A_SALE.map((name) => (name === "status" ? status : `good.${name}`)).join(", ")},
    ${OF_A_VERSION.map((name) => `followed.${name}`).join(", ")},
    followed.known_until
  FROM followed
  LEFT JOIN placed AS good
    ON good.document_id = followed.document_id AND good.place = followed.good_place;`;
}

module.exports = { COLUMNS, isTouched, last, makePast, past, declarations, makeChanged };
