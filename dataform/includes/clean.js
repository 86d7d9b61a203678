// Expressions that give raw text one form, so that equal things compare as equal.
const { earliest } = require("includes/settings");

const text = (column) => `NULLIF(TRIM(${column}), '')`;

module.exports = {
  text,
  lower: (column) => `LOWER(${text(column)})`,
  // An epoch of 1970 or a year of 2099 is a clock's mistake, and one such row would move every average.
  isImplausible: (moment, arrival) =>
    `NOT IFNULL(DATE(${moment}) BETWEEN ${earliest} AND DATE_ADD(${arrival}, INTERVAL 366 DAY), TRUE)`,
  upper: (column) => `UPPER(${text(column)})`,
};
