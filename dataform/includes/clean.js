// Expressions that give raw text one form, so that equal things compare as equal.
const text = (column) => `NULLIF(TRIM(${column}), '')`;

module.exports = {
  text,
  lower: (column) => `LOWER(${text(column)})`,
  upper: (column) => `UPPER(${text(column)})`,
};
