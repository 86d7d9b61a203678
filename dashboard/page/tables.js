// Tables, and the small marks in their cells. Texts from the data are inserted as text, never as HTML.
const MOST_DAYS = { sales: 3, clickstream: 3, startups: 10, predictions: 1, runs: 1 };

function element(name, properties = {}, ...children) {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...children);
  return made;
}

function freshnessRows() {
  return tables.freshness.map((row) => {
    const late = row.last_day !== null && row.age_days > (MOST_DAYS[row.source] ?? 3);
    return { ...row, state: row.last_day === null ? "empty" : late ? "late" : "up to date" };
  });
}

const stateMark = (state) => element("span", { className: `state ${state.replaceAll(" ", "-")}` }, state);

function chanceBar(chance) {
  const bar = element("span", { className: "bar" });
  bar.style.setProperty("--share", chance);
  return element("span", { className: "chance" }, bar, element("span", {}, percent(chance)));
}

// What a spreadsheet evaluates, also after a semicolon or a tab, at which it may split a cell: as in audience/sheet.py.
const FORMULA = /^(?=[\t\r\n])|(?<=^|[;\t\r\n])(?=[=+\-@＝＋－＠])/g;

/** Rows as CSV; a text that a spreadsheet would evaluate as a formula gets an apostrophe in front. */
function csvOf(rows, columns) {
  const cell = (value) => {
    const text = typeof value === "string" ? value.replace(FORMULA, "'") : String(value ?? "");
    return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  };
  return [columns, ...rows.map((row) => columns.map((name) => row[name]))].map((line) => `${line.map(cell).join(",")}\n`).join("");
}

/** Save a text as a file, with the byte order mark that tells Excel it is UTF-8. */
function save(name, text) {
  const href = URL.createObjectURL(new Blob(["\ufeff", text], { type: "text/csv" }));
  element("a", { href, download: name }).click();
}

/** Return a cell's reasons, one per line, marked by whether they raise or lower the risk. */
function reasonLines(reasons) {
  const lines = reasons.split("; ").filter(Boolean).map((reason) => element("li", { className: reason.split(": ", 1)[0] }, reason));
  return element("ul", { className: "reasons" }, ...lines);
}

/** A link to the view that a row stands for; a click without a modifier key stays on the page. */
function linkTo(changes, text) {
  const open = (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    drill(changes);
  };
  return element("a", { href: addressOf(changes), onclick: open }, text);
}

/** Fill a table with rows; a column is a name, a title and a function that formats its values. */
function fillTable(table, rows, columns, drillOf) {
  const isNumber = (name) => rows.some((row) => typeof row[name] === "number");
  const heads = columns.map(([name, title]) => element("th", { scope: "col", className: isNumber(name) ? "number" : "" }, title));
  table.tHead.replaceChildren(element("tr", {}, ...heads));
  table.tBodies[0].replaceChildren(...rows.map((row) => element("tr", {}, ...columns.map(([name, title, show = String], place) => {
    const shown = show(row[name], row);
    const cell = element("td", { className: isNumber(name) ? "number" : "" }, drillOf && !place ? linkTo(drillOf(row), shown) : shown);
    cell.dataset.title = title;
    return cell;
  }))));
}
