// Numbers, money, days and words, as they are shown.
const UNKNOWN = "–";
const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

const known = (show) => (value, ...more) => (value === null || Number.isNaN(value) ? UNKNOWN : show(value, ...more));
const number = known((value) => new Intl.NumberFormat("en").format(value));
const decimal = known((value) => new Intl.NumberFormat("en", { maximumFractionDigits: 1 }).format(value));
const percent = known((value) => new Intl.NumberFormat("en", { style: "percent", maximumFractionDigits: 1 }).format(value));
const rounded = (value) => number(Math.round(value));
const month = (text) => `${MONTHS[text.slice(5, 7) - 1]} ${text.slice(0, 4)}`;
const day = (text) => (text ? `${Number(text.slice(8))} ${month(text)}` : "never");
const words = (name) => name.replaceAll("_", " ");
const titled = (name) => words(name).replace(/^./, (letter) => letter.toUpperCase());
const counted = (count, noun) => `${number(count)} ${noun}${count === 1 ? "" : "s"}`;
const listed = (texts) => new Intl.ListFormat("en").format(texts);

/** An amount in a currency; a currency without a usual symbol shows its code. */
const money = known((amount, currency, digits = 0) => {
  if (!/^[A-Z]{3}$/.test(currency)) return `${number(Math.round(amount))} ${currency}`;
  const style = { style: "currency", currency, minimumFractionDigits: digits, maximumFractionDigits: digits };
  return new Intl.NumberFormat("en", style).format(amount);
});
const ofRow = (amount, row) => money(amount, row.currency);
