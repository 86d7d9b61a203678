// Versions of sales: what a document was, and from when to when that was known.
const records = require("includes/records");
const days = require("includes/days");
const settings = require("includes/settings");

const OF_A_SALE = ["customer_key", "sold_at", "sale_date", ...records.attributes("sale")];
const OF_A_VERSION = ["reason", "is_deleted", "update_time", "known_from", "export_id", "export_date"];
const COLUMNS = ["document_id", ...OF_A_SALE, ...OF_A_VERSION];

/** Return the statement that makes the table of past versions: `how` is CREATE TABLE or the like. */
const makePast = (how, table, query) => `
  ${how} ${table}
  PARTITION BY known_until_date
  CLUSTER BY customer_key
  OPTIONS (labels = [('layer', 'silver'), ('source', 'sales')])
  AS ${query}`;

/** Return the query of the versions that another followed, in a script that has the table `changed`. */
const past = `
  SELECT ${COLUMNS.join(", ")}, known_until, DATE(known_until, ${settings.timeZone}) AS known_until_date
  FROM changed
  WHERE known_until IS NOT NULL AND NOT is_deleted AND customer_key IS NOT NULL`;

/**
 * Return what declares is_rebuilt and first_unread, in a script of an incremental table.
 *
 * Where an export that was read is there no more, all versions are worked out again from all exports.
 */
function declarations(ctx) {
  const [rows, read] = [ctx.ref("stg_sales_rows"), ctx.ref("stg_sales_exports")];
  return `
  DECLARE is_rebuilt BOOL DEFAULT EXISTS (
    SELECT export_id
    FROM ${read}
    WHERE export_id NOT IN (
      SELECT export_id FROM ${ctx.resolve("ext_sales_manifests_gcs")} WHERE export_id IS NOT NULL
    )
  );
  DECLARE first_unread DATE DEFAULT (
    SELECT IF(is_rebuilt, ${days.THE_BEGINNING}, MIN(export_date))
    FROM ${rows}
    WHERE is_rebuilt OR export_id NOT IN (SELECT export_id FROM ${read})
  );`;
}

/** Return the query of the rows that were not read before: all of them, of a table that is made anew. */
function unread(ctx) {
  return `
    SELECT ${COLUMNS.join(", ")}, FALSE AS is_stored
    FROM ${ctx.ref("stg_sales_rows")}
    ${ctx.when(ctx.incremental(), `WHERE
      export_date >= first_unread
      AND (is_rebuilt OR export_id NOT IN (SELECT export_id FROM ${ctx.ref("stg_sales_exports")}))`)}`;
}

/**
 * Return the statement that makes the table `changed`: the unread versions, and of each of their documents the
 * last one before, with their known_until.
 *
 * known_until is when the next version was known, NULL for the last. A version that breaks a rule is disputed:
 * it has the values of the last good one, but for status and reason. Until there is a good one they are NULL.
 */
function makeChanged(ctx) {
  const stored = ctx.when(ctx.incremental(), `
    UNION ALL
    SELECT ${COLUMNS.join(", ")}, TRUE AS is_stored
    FROM ${ctx.self()}
    WHERE NOT is_rebuilt AND document_id IN (SELECT document_id FROM unread)`);
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
    -- A version that was read twice is one.
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

module.exports = { COLUMNS, makePast, past, declarations, makeChanged };
