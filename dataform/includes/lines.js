// Sources of JSON lines: what a folder of the lake becomes in silver, by the contract of its records.
// The lines are read as text: BigQuery's own JSON reader either fails a whole query for one broken line, or silently
// drops the line.
const accounts = require("includes/accounts");
const assertions = require("includes/assertions");
const days = require("includes/days");
const dictionary = require("includes/dictionary");
const loads = require("includes/loads");
const records = require("includes/records");
const settings = require("includes/settings");

const ARRIVAL = ["load_date", "file", "row_hash", "reason", "raw_row"];
const defined = []; // by the files of definitions/
const IS_BLANK = "IFNULL(TRIM(line), '') = ''";
const IS_NO_OBJECT = "IFNULL(JSON_TYPE(parsed), '') != 'object'";

/** Return a field of the parsed line as text; NULL when it is absent, or itself an object or a list. */
const field = (name) => `JSON_VALUE(parsed, '$.${name}')`;

/** Return the options of an external table with one column, a line of the files under gs://BUCKET/FOLDER. */
function options(folder) {
  return `OPTIONS (
  format = 'CSV',
  -- No line of JSON contains this character, so that each line is one field.
  field_delimiter = '\\x01',
  quote = '',
  ignore_unknown_values = TRUE,
  preserve_ascii_control_characters = TRUE,
  uris = ['gs://${settings.bucket}/${folder}/*'],
  hive_partition_uri_prefix = 'gs://${settings.bucket}/${folder}'
)`;
}

/** Return a bad line's fields as JSON without the personal ones, or the line itself with their values masked. */
function rawRow(record) {
  const known = records.shown(record).map((name) => `${field(name)} AS ${name}`).join(", ");
  const personal = records.personal(record).join("|");
  const line = personal
    ? `REGEXP_REPLACE(line, r'("(?:${personal})"\\s*:\\s*)"[^"]*"?', r'\\1"?"')`
    : "line";
  return `IF(
        ${IS_NO_OBJECT},
        ${line},
        TO_JSON_STRING(STRUCT(${known}))
      )`;
}

/** Return the columns of silver: the record's, its day next to the time that it is derived from, and load_date. */
function silver({ record, day }) {
  const names = records.kept(record).map(({ column }) => column);
  return names.flatMap((name) => (name === day?.of ? [name, day.name] : [name])).concat("load_date");
}

/** Return the query for every line, typed and marked if it breaks a rule. */
function checked(source, ctx) {
  const fields = records.kept(source.record);
  const key = fields.some(({ pseudonym }) => pseudonym) && ctx.ref("pseudonym_key");
  const typed = fields.map((one) => `${records.parsed(one, field(one.name), key)} AS ${one.column}`);
  const names = fields.map(({ column }) => column);
  const rules = records.rules(source.record, "load_date").map(([when, why]) => `WHEN ${when} THEN '${why}'`);
  const { day } = source;
  const dated = names.flatMap((name) =>
    name === day?.of ? [name, `DATE(${name}, ${settings.timeZone}) AS ${day.name}`] : [name]);
  return `
WITH
  parsed_lines AS (
    SELECT
      line,
      SAFE.PARSE_JSON(line, wide_number_mode => 'round') AS parsed,
      load_date,
      _FILE_NAME AS file
    FROM ${ctx.ref(source.external)}
    WHERE NOT ${IS_BLANK}
  ),
  typed AS (
    SELECT
      ${typed.join(",\n      ")},
      load_date,
      file,
      TO_HEX(MD5(line)) AS row_hash,
      ${IS_NO_OBJECT} AS is_no_object,
      ${rawRow(source.record)} AS raw_row
    FROM parsed_lines
  ),
  checked AS (
    SELECT
      ${names.join(", ")}, load_date, file, row_hash, raw_row,
      CASE
        WHEN is_no_object THEN 'the line is not a JSON object'
        ${rules.join("\n        ")}
      END AS reason
    FROM typed
  )
SELECT
  ${dated.join(", ")},
  load_date, file, row_hash, reason, IF(reason IS NULL, NULL, raw_row) AS raw_row
FROM checked`;
}

/** Return the query for the accepted rows, one per key. */
function accepted(source, ctx) {
  const [identifier] = source.key;
  // The rows of a day that is read again are deleted first; those of earlier days stay.
  const others = source.key.includes("load_date")
    ? ""
    : `AND ${identifier} NOT IN (SELECT ${identifier} FROM ${ctx.self()} WHERE ${loads.isTouched(source)})`;
  return `
SELECT ${silver(source).join(", ")}
FROM ${ctx.ref(`stg_${source.record}_rows`)}
WHERE
  reason IS NULL
  ${ctx.when(ctx.incremental(), `AND load_date >= first_reopened ${others}`)}
QUALIFY ROW_NUMBER() OVER (PARTITION BY ${source.key.join(", ")} ORDER BY ${source.prefer}) = 1`;
}

/** Return the query for the recent days whose lines are not all accounted for. */
function unaccounted(source, ctx) {
  const recent = `load_date >= DATE_SUB(${settings.asOf}, INTERVAL ${settings.lookBackDays} DAY)`;
  return accounts.unaccounted({
    rowsIn: accounts.daily(ctx.resolve(source.external), "load_date", `NOT ${IS_BLANK} AND ${recent}`),
    accepted: accounts.daily(ctx.ref(`stg_${source.record}`), "load_date", `${recent} AND ${isLookedFor(source)}`),
    rejected: accounts.daily(ctx.ref(`stg_${source.record}_rejects`), "load_date", recent),
    duplicates: accounts.daily(leftOut(source, ctx, recent), "load_date", recent),
  });
}

/** Return the condition that a row is looked for in silver: rows of days long past are looked for on Sundays only. */
const isLookedFor = ({ day }) => (day ? assertions.isRecent(day.name, days.RECENT_DAYS) : "TRUE");

/**
 * Return a query, in brackets, for the good rows that silver does not have, all but one per key, or that are not looked
 * for in it. An earlier delivery lies no further before an event's time than that time lies in the past.
 */
function leftOut(source, ctx, recent) {
  const isBefore = source.day ? assertions.isRecent("load_date", 2 * days.RECENT_DAYS) : recent;
  // resolve, not ref: read without a dependency. The dependencies here come after them.
  return `(
    SELECT load_date
    FROM ${ctx.resolve(`stg_${source.record}_rows`)}
    WHERE reason IS NULL AND ${isBefore}
    QUALIFY
      NOT ${isLookedFor(source)}
      OR ROW_NUMBER() OVER (PARTITION BY ${source.key.join(", ")} ORDER BY ${source.prefer}) > 1
  )`;
}

/**
 * Define the tables and assertions of a source of JSON lines in the bucket's folder `folder`; they are disabled if
 * the variable sources does not name it.
 *
 * record: the name of its contract, from which its tables stg_RECORD… are named
 * external: the name of the external table over the folder
 * line: the term for one line within a text, such as "startup line"
 * lines: the term for the lines at the start of a text
 * description: of stg_RECORD, the accepted rows
 * day: {name, of}, if silver has a column `name` with the day of the time `of`; it then partitions stg_RECORD by month
 * key: the columns for which stg_RECORD has one row per combination of values; the identifier first
 * prefer: ORDER BY of the rows of one key, the one to keep first
 * duplicates: the term for a row that is not kept, after "the lines are not those accepted, rejected, or"
 * clusterBy: the columns that stg_RECORD is clustered by
 */
function source(one) {
  if (!settings.lacks(one.folder)) defined.push(one);
  defineBronze(one);
  defineRows(one);
  defineAccepted(one);
  defineAssertions(one);
}

const silverConfig = ({ folder }, layout = {}) => ({
  disabled: settings.lacks(folder),
  bigquery: { ...layout, labels: { layer: "silver", source: folder } },
  tags: ["silver", folder],
});

/** Return the partitioning and clustering: by month of the records' own day, or by load_date if they have none. */
const layout = ({ day, clusterBy = [] }) =>
  day
    ? { partitionBy: days.monthOf(day.name), clusterBy: [day.name, ...clusterBy] }
    : { partitionBy: "load_date", clusterBy };

function defineBronze({ folder, record, external, lines }) {
  operate(external, {
    hasOutput: true,
    disabled: settings.lacks(folder),
    tags: ["bronze", folder],
    description: `${lines}, raw: JSON lines in the lake, which stg_${record}_checked parses.`,
    columns: dictionary.listed("line", "load_date"),
  }).queries((ctx) => `CREATE OR REPLACE EXTERNAL TABLE ${ctx.self()} (line STRING)
WITH PARTITION COLUMNS (load_date DATE)
${options(folder)}`);
}

function defineRows(source) {
  const { record, line } = source;
  const columns = dictionary.describe(...silver(source), ...ARRIVAL.slice(1));
  const hasKey = records.kept(record).some(({ pseudonym }) => pseudonym);
  const hides = hasKey ? ", pseudonymised" : records.personal(record).length ? ", without personal fields" : "";
  publish(`stg_${record}_checked`, {
    type: "view",
    ...silverConfig(source),
    dependencies: hasKey ? ["assert_one_pseudonym_key"] : [],
    description: `Every ${line}: typed${hides}, and marked when it breaks a rule. Unknown fields are ignored.`,
    columns,
  }).query((ctx) => checked(source, ctx));
  publish(`stg_${record}_rows`, {
    type: "incremental",
    ...silverConfig(source, { partitionBy: "load_date" }),
    description: `Every ${line}, as stg_${record}_checked has it. The days loaded last are read again by each run.`,
    columns,
  })
    .preOps((ctx) => ctx.when(ctx.incremental(), days.reopen(ctx.self(), "load_date")))
    .query((ctx) => `
SELECT ${[...silver(source), ...ARRIVAL.slice(1)].join(", ")}
FROM ${ctx.ref(`stg_${record}_checked`)}
${ctx.when(ctx.incremental(), "WHERE load_date >= first_reopened")}`)
    .postOps((ctx) => ctx.when(ctx.incremental(), days.close));
  const rejects = [source.key[0], "load_date", "file", "reason", "raw_row"];
  publish(`stg_${record}_rejects`, {
    type: "view",
    ...silverConfig(source),
    dependOnDependencyAssertions: true,
    description: `${line[0].toUpperCase()}${line.slice(1)}s that break a rule, each with the first one it breaks.`,
    columns: dictionary.describe(...rejects),
  }).query((ctx) => `SELECT ${rejects.join(", ")} FROM ${ctx.ref(`stg_${record}_rows`)} WHERE reason IS NOT NULL`);
}

function defineAccepted(source) {
  if (source.day) loads.define(source, silverConfig(source));
  publish(`stg_${source.record}`, {
    type: "incremental",
    ...silverConfig(source, layout(source)),
    dependOnDependencyAssertions: true,
    description: source.description,
    columns: dictionary.describe(...silver(source)),
  })
    .preOps((ctx) =>
      ctx.when(ctx.incremental(), source.day ? loads.reopen(source, ctx) : days.reopen(ctx.self(), "load_date")))
    .query((ctx) => accepted(source, ctx))
    .postOps((ctx) => (source.day ? loads.note(source, ctx) : ctx.when(ctx.incremental(), days.close)));
}

/** Return the query for the recent accepted rows that occur twice or lack what they must have. */
function unsound(source, ctx) {
  const kept = records.kept(source.record);
  const critical = kept.filter((field) => field.critical).map(({ column }) => column);
  const day = source.day?.name;
  return assertions.broken({
    table: ctx.ref(`stg_${source.record}`),
    where: assertions.isRecent(day ?? "load_date", days.RECENT_DAYS),
    key: source.key,
    nonNull: [...new Set([...critical, ...(day ? [day] : []), "load_date"])],
    conditions: [
      ...kept.filter(({ pseudonym }) => pseudonym).map(({ column }) => `LENGTH(${column}) = 64`),
      ...kept.filter(({ notNegative }) => notNegative).map(({ column }) => `${column} >= 0`),
    ],
  });
}

function defineAssertions(source) {
  const { record, folder } = source;
  assert(`assert_stg_${record}_rows_are_sound`, {
    disabled: settings.lacks(folder),
    tags: ["silver", folder],
    description: `A recently loaded ${source.line} (on Sundays any) that lacks a required value.`,
  }).query((ctx) => assertions.broken({
    table: ctx.ref(`stg_${record}_rows`),
    where: assertions.isRecent("load_date", days.RECENT_DAYS),
    key: ["load_date", "file", "row_hash"],
    nonNull: ["load_date", "file", "row_hash"],
    conditions: ["(reason IS NULL) = (raw_row IS NULL)"],
    isUnique: false,
  }));
  assert(`assert_stg_${record}_is_sound`, {
    disabled: settings.lacks(folder),
    tags: ["silver", folder],
    description: `A recent row (on Sundays any) that is duplicated or lacks a required value.`,
  }).query((ctx) => unsound(source, ctx));
  assert(`assert_${record}_rows_are_accounted_for`, {
    disabled: settings.lacks(folder),
    tags: ["silver", folder],
    description: `A day of which the lines in the lake are not those accepted, rejected, or ${source.duplicates}${source.day ? "; events of long ago are looked for on Sundays" : ""}. A file that came later than look_back_days needs a full refresh.`,
  }).query((ctx) => unaccounted(source, ctx));
  assert(`assert_${record}_rejects_are_few`, {
    disabled: settings.lacks(folder),
    tags: ["silver", folder],
    dependencies: [`stg_${record}`, `stg_${record}_rejects`],
    description: `A recent day with more than five rejects and more than max_reject_share of its rows. The reasons are in stg_${record}_rejects.`,
  }).query((ctx) => accounts.tooManyRejects(ctx.resolve(`stg_${record}_rows`), "load_date"));
}

/** Return a query, in brackets, without rows, that has silver's columns of a record and those of two days. */
function nothing(record, day) {
  const columns = [...records.kept(record), { column: day, type: "DATE" }, { column: "load_date", type: "DATE" }];
  return `(SELECT ${columns.map(({ column, type }) => `CAST(NULL AS ${type}) AS ${column}`).join(", ")} LIMIT 0)`;
}

/** Return all sources that are defined: complete when SQL is generated, not while the definitions are being read. */
const sources = () => defined;

module.exports = { source, sources, nothing };
