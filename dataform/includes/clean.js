// Expressions that give raw text one form, so that equal things compare as equal.
const { earliest } = require("includes/settings");

const text = (column) => `NULLIF(TRIM(${column}), '')`;

module.exports = {
  text,
  lower: (column) => `LOWER(${text(column)})`,
  // A time in 1970 (the epoch) or in 2099 is a clock's mistake, and one such row would distort every average.
  isImplausible: (moment, arrival) =>
    `NOT IFNULL(DATE(${moment}) BETWEEN ${earliest} AND DATE_ADD(${arrival}, INTERVAL 366 DAY), TRUE)`,
  upper: (column) => `UPPER(${text(column)})`,
};
