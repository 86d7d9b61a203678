// What follows from a record's contract: its columns, the form of its values, and why a row of it is rejected.
const { RECORDS: contracts } = require("includes/contracts");
const clean = require("includes/clean");
const pseudonym = require("includes/pseudonym");

const FOLDS = { LOWER: clean.lower, UPPER: clean.upper };

/** Return the names of the fields. */
const names = (record) => contracts[record].map(({ name }) => name);

/** Return, as SQL, the columns of a table that has the fields as they are. */
const columns = (record) => contracts[record].map(({ name, type }) => `${name} ${type}`).join(",\n  ");

/** Return the names of the fields that a reject may show. */
const shown = (record) => contracts[record].filter(({ personal }) => !personal).map(({ name }) => name);

/** Return the names of the fields that a reject may not show. */
const personal = (record) => contracts[record].filter((field) => field.personal).map(({ name }) => name);

/** Return the fields that silver keeps, each with the name of its column there. */
function kept(record) {
  const fields = contracts[record].filter((field) => field.name !== "schema_version");
  const named = fields.map((field) => ({ ...field, column: field.personal ? field.pseudonym : field.name }));
  return named.filter(({ column }) => column);
}

/** Return silver's columns of the fields that a row may lack. */
const attributes = (record) => kept(record).filter(({ critical }) => !critical).map(({ column }) => column);

/** Return, as SQL, the attributes as silver has them, from a table that has the fields as they are. */
function cleaned(record) {
  const fields = kept(record).filter(({ critical }) => !critical);
  const form = ({ fold, name }) => `${(FOLDS[fold] ?? clean.text)(name)} AS ${name}`;
  return fields.map((field) => (field.type === "STRING" ? form(field) : field.name)).join(",\n      ");
}

/** Return, as SQL, a field's value as silver has it, from its text; `key` is the table of the pseudonym key. */
function parsed(field, text, key) {
  if (field.pseudonym) return pseudonym.customerKey(text, key);
  if (field.type !== "STRING") return `SAFE_CAST(${text} AS ${field.type})`;
  return (FOLDS[field.fold] ?? clean.text)(text);
}

/** Return, as SQL, the values that a field may have. */
function words(record, name) {
  const { values } = contracts[record].find((field) => field.name === name);
  return values.map((value) => `'${value}'`).join(", ");
}

/** Return the pairs [condition, reason] for which a row is rejected, in the order of the fields. */
function rules(record, arrival) {
  return kept(record).filter(({ critical }) => critical).flatMap((field) => faults(record, field, arrival));
}

function faults(record, { column, type, values, plausible, notNegative }, arrival) {
  const missing = `${column} is missing`;
  if (values) return [[`NOT IFNULL(${column} IN (${words(record, column)}), FALSE)`, `${column} is unknown`]];
  if (notNegative) return [[`NOT IFNULL(${column} >= 0, FALSE)`, `${missing}, unreadable or negative`]];
  const absent = [`${column} IS NULL`, type === "STRING" ? missing : `${missing} or unreadable`];
  return plausible ? [absent, [clean.isImplausible(column, arrival), `${column} is implausible`]] : [absent];
}

module.exports = { names, columns, shown, personal, kept, attributes, cleaned, parsed, words, rules };
