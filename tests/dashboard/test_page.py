"""The dashboard in Chromium: what it shows is what the views hold, for all who look at it."""

import csv
import io
import re
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from tests.dashboard.conftest import AS_OF, CHANCES, REASONS, a_shop, an_odd_shop

DASH = "\N{EN DASH}"
SHOTS = Path(__file__).parents[2] / ".screenshots"
HOSTILE = "<img src=x onerror=alert(1)></script><script>alert(2)</script>"
CHARTS = {
    "sales": ["revenue", "categories", "channels", "customers", "retention", "funnel"],
    "risk": ["segments", "bands", "risk-categories", "risk-channels"],
    "results": ["quality"],
    "startups": ["stages", "sectors"],
}
SIGNS = {"EUR": "€", "USD": "$"}
# Keeps what a button gives the browser to save: of twenty downloads, a busy browser began only nineteen.
KEEP_OFFERED = """
  window.offered = [];
  const addressed = URL.createObjectURL;
  URL.createObjectURL = (blob) => (offered.push(blob), addressed(blob));
"""


@pytest.fixture
def open_page(page) -> Callable[..., Any]:
    """Return a function that opens a dashboard, and fails if it requests or logs anything."""
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("request", lambda request: complaints.append(request.url.partition("#")[0]))

    def open_file(path: Path, address: str = "") -> Any:
        page.goto(path.as_uri() + address)
        wait(page)
        assert complaints == [path.as_uri()]
        return page

    yield open_file
    assert set(complaints[1:]) <= set(complaints[:1])  # it may be reloaded


def wait(page: Any) -> None:
    page.wait_for_selector("body[data-drawn]", state="attached")


def test_a_source_that_is_off_has_no_card_no_figure_and_no_page(open_page, odd_shop):
    page = open_page(odd_shop, "#page=startups")
    drawn = page.eval_on_selector_all("#sales .cards > *", "cards => cards.map(card => card.id)")
    assert set(drawn) & set(CHARTS["sales"]) == set(CHARTS["sales"]) - {"funnel"}
    assert page.locator("[data-figure=conversion]").count() == 0
    assert page.locator("#tab-startups, #startups").count() == 0
    assert page.locator("#sales .figures").is_visible()
    assert figure(page, "order_count")


def test_a_shop_without_channels_has_no_charts_and_no_filter_of_them(open_page, dashboard_of):
    rows = a_shop()
    for row in (row for view in rows.values() for row in view if "channel" in row):
        row["channel"] = "unknown"
    page = open_page(dashboard_of("no_channels", rows), "#page=risk")
    assert page.locator("select[name=product_category]").is_visible()
    assert page.locator("select[name=channel]").is_hidden()
    assert page.locator("#channels, #risk-channels").count() == 0
    assert page.locator("#categories, #risk-categories").count() == 2
    assert "Channel" not in page.locator("#calls th").all_text_contents()
    assert "Category" in page.locator("#calls th").all_text_contents()


def figure(page: Any, name: str) -> str:
    return page.text_content(f"[data-figure={name}]")


def notes(page: Any, name: str) -> list[str]:
    """Return the lines under a figure."""
    return page.locator(f"[data-figure={name}] ~ .note").all_text_contents()


def choose(page: Any, name: str, value: str) -> None:
    page.select_option(f"select[name={name}]", value)
    wait(page)


def table(page: Any, card: str) -> list[list[str]]:
    return page.eval_on_selector_all(
        f"#{card} tbody tr", "rows => rows.map(row => [...row.cells].map(cell => cell.textContent))"
    )


def cells(page: Any, card: str) -> dict[str, str]:
    """Return a card's table as a mapping from the first column's texts to the second's."""
    return {row[0]: row[1] for row in table(page, card)}


def ask(client: Any, sql: str) -> Any:
    [row] = client.query(sql).result()
    return row


def where(wanted: dict[str, str]) -> str:
    return " AND ".join(["TRUE", *(f"{name} = '{value}'" for name, value in wanted.items())])


def drawn(page: Any, card: str) -> str:
    return page.inner_html(f"#{card} .chart")


def labels(page: Any, card: str) -> list[str]:
    """Return the labels of a chart's axes."""
    found = page.locator(f"#{card} svg g.role-axis-label text:not([opacity='0'])")
    return found.all_text_contents()


def test_every_page_is_drawn(open_page, shop):
    page = open_page(shop)
    assert page.inner_text("header time") == "2 Mar 2026"
    assert page.inner_text("#fresh") == "All data up to date"
    for tab, charts in CHARTS.items():
        page.click(f"#tab-{tab}")
        wait(page)
        for chart in charts:
            marks = page.locator(f"#{chart} .chart svg g[class*=role-mark] path")
            assert page.locator(f"#{chart} .chart svg").is_visible() and marks.count() > 0, chart
            assert page.locator(f"#{chart} .empty").is_hidden()
    page.click("#tab-risk")
    wait(page)
    assert page.locator("#calls tbody tr").count() == 15
    page.click("#calls .more")
    assert page.locator("#calls tbody tr").count() == 30


@pytest.mark.parametrize(
    ("weeks", "filters"),
    [
        ("12", {}),
        ("12", {"channel": "store"}),
        ("4", {"channel": "web", "product_category": "boots"}),
        ("4", {"currency": "USD", "product_category": HOSTILE}),
    ],
)
def test_figures_and_charts_match_sql(open_page, shop, client, weeks, filters):
    page = open_page(shop)
    choose(page, "weeks", weeks)
    for name, value in filters.items():
        choose(page, name, value)
    days = f"sale_date >= DATE '2026-03-02' - {weeks} * 7"
    sums = "SELECT SUM(revenue) AS revenue, SUM(order_count) AS orders, SUM(units) AS units"
    counted = ask(client, f"{sums} FROM shop.bi_revenue_by_day WHERE {days} AND {where(filters)}")
    wanted = {"currency": "EUR"} | filters
    found = ask(client, f"{sums} FROM shop.bi_revenue_by_day WHERE {days} AND {where(wanted)}")
    sign = SIGNS[wanted["currency"]]
    assert figure(page, "revenue") == f"{sign}{found.revenue:,.0f}"
    assert figure(page, "order_count") == f"{counted.orders:,}"
    assert figure(page, "units") == f"{counted.units:,}"
    assert figure(page, "average") == f"{sign}{found.revenue / found.orders:,.2f}"
    categories = client.query(
        "SELECT product_category, SUM(revenue) AS revenue FROM shop.bi_revenue_by_day"
        f" WHERE {days} AND {where(wanted)} GROUP BY 1"
    ).result()
    assert cells(page, "categories") == {
        row.product_category: f"{sign}{row.revenue:,.0f}" for row in categories
    }
    by_day = [int(re.sub(r"\D", "", amount)) for amount in cells(page, "revenue").values()]
    assert len(by_day) == {"12": 12, "4": 28}[weeks]
    assert sum(by_day) == pytest.approx(found.revenue, abs=len(by_day))


def test_without_a_chosen_currency_all_are_counted_but_not_added_up(open_page, shop, client):
    page = open_page(shop)
    found = {
        row.currency: row
        for row in client.query(
            "SELECT currency, SUM(revenue) AS revenue, SUM(order_count) AS orders FROM shop.bi_revenue_by_day"
            " WHERE sale_date >= DATE '2026-03-02' - 84 GROUP BY 1"
        ).result()
    }
    assert figure(page, "order_count") == f"{found['EUR'].orders + found['USD'].orders:,}"
    assert figure(page, "revenue") == f"€{found['EUR'].revenue:,.0f}"
    assert notes(page, "revenue")[0] == f"and ${found['USD'].revenue:,.0f}"
    assert "In EUR." in page.inner_text("#revenue .about") and "in EUR" in notes(page, "average")[-1]
    choose(page, "currency", "USD")
    assert figure(page, "revenue") == f"${found['USD'].revenue:,.0f}"
    assert figure(page, "order_count") == f"{found['USD'].orders:,}"


def test_hidden_currencies_are_counted_and_mentioned(open_page, dashboard_of, client):
    rows = a_shop()
    for row in rows["bi_revenue_by_day"]:
        row["currency"] = {"boots": "NOK", "coats": "SEK"}.get(row["product_category"], row["currency"])
    for row in rows["bi_churn_risk_by_segment"]:
        row["currency"] = {"boots": "DKK"}.get(row["product_category"], row["currency"])
    page = open_page(dashboard_of("many_currencies", rows), "#weeks=all")
    whole = "SELECT SUM(order_count) AS n, COUNT(DISTINCT currency) AS currencies FROM many_currencies"
    found = ask(client, f"{whole}.bi_revenue_by_day")
    assert (found.currencies, page.locator("select[name=currency] option").count()) == (4, 1 + 3)
    assert figure(page, "order_count") == f"{found.n:,}"
    assert "customers and orders of 1 more are counted" in page.inner_text("footer")
    customers = ask(client, "SELECT SUM(customer_count) AS n FROM many_currencies.bi_churn_risk_by_segment").n
    page.click("#tab-risk")
    wait(page)
    assert figure(page, "customer_count") == f"{customers:,}"


def test_any_dates_may_be_chosen(open_page, shop, client):
    page = open_page(shop)
    page.fill("input[name=from]", "2025-12-05")
    page.fill("input[name=to]", "2026-01-17")
    wait(page)
    sql = "SELECT SUM(order_count) AS n FROM shop.bi_revenue_by_day WHERE sale_date BETWEEN"
    found, before = (
        ask(client, f"{sql} '{first}' AND '{last}'").n
        for first, last in (("2025-12-05", "2026-01-17"), ("2025-10-22", "2025-12-04"))
    )
    assert figure(page, "order_count") == f"{found:,}"
    assert page.input_value("select[name=weeks]") == ""
    assert page.inner_text("#sales .lead").startswith("From 5 Dec 2025 to 17 Jan 2026, ")
    change = f"{'▲' if found > before else '▼'} {abs(100 * (found / before - 1)):.1f}".removesuffix(".0")
    assert notes(page, "order_count")[0] == f"{change}% vs previous 44 days"
    weeks = list(cells(page, "revenue"))
    assert (weeks[0], weeks[1], weeks[-1]) == ("5 Dec 2025", "7 Dec 2025", "11 Jan 2026")
    assert "The first point covers only 2 days." in page.inner_text("#revenue .about")


def test_dates_of_a_long_history_are_whole_weeks(open_page, odd_shop):
    page = open_page(odd_shop, "#from=2025-12-05&to=2026-01-17")
    first, last = (date.fromisoformat(page.input_value(f"input[name={name}]")) for name in ("from", "to"))
    assert (first, last) == (
        date(2025, 12, 1),
        date(2026, 1, 18),
    )  # weeks end on Sundays, such as 1 March 2026
    assert figure(page, "order_count") == "49"


def test_the_address_says_what_is_shown(open_page, shop):
    page = open_page(shop)
    usual = figure(page, "order_count")
    choose(page, "channel", "store")
    choose(page, "weeks", "4")
    shown = figure(page, "order_count")
    page.click("#tab-risk")
    wait(page)
    assert page.evaluate("location.hash") == "#page=risk&weeks=4&channel=store"
    page.reload()
    wait(page)
    assert page.locator("#risk .figures").is_visible()
    assert page.input_value("select[name=channel]") == "store"
    assert figure(page, "order_count") == shown != usual
    for _ in range(2):
        page.go_back()
    wait(page)
    assert page.evaluate("location.hash") == "#channel=store"
    assert page.locator("#sales .figures").is_visible() and page.input_value("select[name=weeks]") == "12"
    page.click("text=Reset")
    wait(page)
    assert figure(page, "order_count") == usual and page.evaluate("location.hash") == ""


@pytest.mark.parametrize("address", ["#page=no&channel=x&weeks=7", "#from=2026-01-01&to=x", "#a=b", "#%"])
def test_an_invalid_address_shows_the_defaults(open_page, shop, address):
    page = open_page(shop)
    usual = figure(page, "order_count")
    page.evaluate("address => { location.hash = address; }", address)
    wait(page)
    assert figure(page, "order_count") == usual and page.locator("#sales .figures").is_visible()


def test_a_filter_redraws_the_charts(open_page, shop):
    page = open_page(shop)
    before = {chart: drawn(page, chart) for chart in ("revenue", "categories", "funnel", "stages")}
    choose(page, "channel", "store")
    after = {chart: drawn(page, chart) for chart in before}
    assert {chart for chart in before if before[chart] != after[chart]} == {"revenue", "categories"}
    choose(page, "weeks", "4")
    assert drawn(page, "revenue") != after["revenue"]
    page.click("text=Reset")
    wait(page)
    assert drawn(page, "categories") == before["categories"]


@pytest.mark.parametrize("filters", [{}, {"segment": "lapsing"}, {"channel": "web", "currency": "USD"}])
def test_expectations_match_sql(open_page, shop, client, filters):
    page = open_page(shop, "#page=risk")
    for name, value in filters.items():
        choose(page, name, value)
    found = ask(
        client,
        "SELECT SUM(customer_count) AS customers, SUM(expected_churners) AS leaving,"
        " SUM(IF(risk_band = 'high', customer_count, 0)) AS high,"
        " SUM(IF(segment = 'lapsed', customer_count, 0)) AS lapsed"
        f" FROM shop.bi_churn_risk_by_segment WHERE {where(filters)}",
    )
    wanted = {"currency": "EUR"} | filters
    sql = f"SELECT SUM(value_at_risk) AS at_risk FROM shop.bi_churn_risk_by_segment WHERE {where(wanted)}"
    assert figure(page, "customer_count") == f"{found.customers:,}"
    assert notes(page, "customer_count") == [f"scored on 2 Mar 2026; {found.lapsed:,} of them lapsed"]
    assert figure(page, "value_at_risk") == f"{SIGNS[wanted['currency']]}{ask(client, sql).at_risk:,.0f}"
    assert figure(page, "expected_churners") == f"{found.leaving:,.0f}"
    assert figure(page, "high_risk") == f"{found.high:,}"


def test_figures_say_what_they_mean_and_until_when(open_page, shop):
    page = open_page(shop, "#page=risk")
    [leaving] = notes(page, "expected_churners")
    assert leaving.endswith(": no purchase from 2 Mar 2026 through 30 Apr 2026")  # 60 days
    assert notes(page, "high_risk")[0].endswith("; churn probability of 70% or more")
    assert notes(page, "value")[-1] == "expected through 30 Apr 2026 if no one churns"
    assert page.inner_text("#segments .about").startswith("Lapsed: no purchase for more than 90 days.")
    [*_, last] = table(page, "segments")
    assert last[0] == "lapsed"


def test_shares_move_by_percentage_points(open_page, shop, client):
    page = open_page(shop)
    shares = [
        ask(
            client,
            "SELECT SUM(refunded_count) / (SUM(refunded_count) + SUM(order_count)) AS share"
            f" FROM shop.bi_revenue_by_day WHERE sale_date BETWEEN DATE '2026-03-02' - {first}"
            f" AND DATE '2026-03-02' - {last}",
        ).share
        for first, last in ((84, 1), (168, 85))
    ]
    points = f"{abs(100 * (shares[0] - shares[1])):.1f}".removesuffix(".0")
    assert re.fullmatch(rf"[▲▼] {points} percentage points vs previous 12 weeks", notes(page, "refunds")[0])
    assert notes(page, "refunds")[1] == "share of orders refunded in full"


def test_one_customer_is_in_the_singular(open_page, odd_shop):
    page = open_page(odd_shop, "#page=risk")
    assert page.inner_text("#risk .lead").startswith(
        "Of 1 customer, 1 is expected to churn. Value at risk: €"
    )
    counts = [label for label in labels(page, "bands") if label and label != "new"]
    assert counts == ["0", "1"]


def test_months_in_which_the_history_begins_are_marked(open_page, shop):
    page = open_page(shop)
    months = labels(page, "retention")
    assert [label for label in months if "2025" in label] == [
        "Aug 2025 *", "Sep 2025 *", "Oct 2025 *", "Nov 2025 *",
    ]  # fmt: skip
    assert "* Sales are known from 14 Aug 2025 on" in page.inner_text("#retention .about")
    assert [row[0] for row in table(page, "customers")][-2:] == ["Nov 2025 *", "Dec 2025"]
    assert {"Aug 2025 *", "Dec 2025"} <= set(labels(page, "customers"))


def test_an_axis_names_days_of_its_points(open_page, shop):
    page = open_page(shop)
    named = [label for label in labels(page, "revenue") if "202" in label]
    assert len(named) > 3 and set(named) <= set(cells(page, "revenue"))
    choose(page, "weeks", "all")
    named = [label for label in labels(page, "revenue") if "202" in label]
    assert len(named) > 3 and set(named) <= set(cells(page, "revenue"))


def test_a_bar_leads_to_its_customers(open_page, shop, client):
    page = open_page(shop, "#page=risk")
    page.locator("#segments svg g.mark-rect path").first.click()
    wait(page)
    wanted = dict(pair.split("=") for pair in page.evaluate("location.hash.slice(1)").split("&"))
    assert wanted.keys() == {"page", "segment", "risk_band"} and wanted.pop("page") == "risk"
    listed = [row for row in a_shop()["bi_customers_to_call"] if row["segment"] == wanted["segment"]]
    listed = [row for row in listed if row["risk_band"] == wanted["risk_band"]]
    assert [row[1] for row in table(page, "calls")] == [row["customer_key"][:10] for row in listed]
    sql = f"SELECT SUM(customer_count) AS n FROM shop.bi_churn_risk_by_segment WHERE {where(wanted)}"
    told = f" {len(listed)} of {ask(client, sql).n} customers listed."
    assert told in page.inner_text("#calls .about")
    page.go_back()
    page.locator("#segments summary").click()
    page.locator("#segments td a", has_text="lapsed").first.click()
    wait(page)
    assert page.evaluate("document.activeElement.closest('article').id") == "lapsed"
    assert "segment=lapsed" in page.evaluate("location.hash")
    assert {row[5] for row in table(page, "lapsed")} == {"lapsed"} and table(page, "calls") == []


def test_the_share_of_lapsed_customers_is_stated(open_page, shop):
    risk = a_shop()["bi_churn_risk_by_segment"]
    euros = [row for row in risk if row["currency"] == "EUR"]
    lapsed = sum(row["value_at_risk"] for row in euros if row["segment"] == "lapsed")
    share = f"{100 * lapsed / sum(row['value_at_risk'] for row in euros):.1f}".removesuffix(".0")
    page = open_page(shop, "#page=risk")
    assert notes(page, "value_at_risk")[-1].endswith(f"; {share}% of it from lapsed customers")
    choose(page, "segment", "lapsed")
    assert notes(page, "value_at_risk")[-1].endswith(": spend times churn probability")


def test_where_the_base_rate_serves_amounts_are_a_dash_and_not_zero(open_page, shop_of_noise):
    page = open_page(shop_of_noise, "#page=risk")
    assert (figure(page, "value"), figure(page, "value_at_risk")) == (DASH, DASH)
    assert page.inner_text("#segments .empty") == "These amounts are not known."
    assert page.locator("#segments .content").is_hidden()


def test_unknown_amounts_are_left_out_of_sums(open_page, dashboard_of):
    rows = a_shop()
    known = next(row for row in rows["bi_churn_risk_by_segment"] if row["segment"] == "new")
    for row in rows["bi_churn_risk_by_segment"]:
        row |= dict.fromkeys(("value", "value_at_risk")) if row is not known else {}
    page = open_page(dashboard_of("unknown_money", rows), "#page=risk")
    assert figure(page, "value_at_risk") == f"€{known['value_at_risk']:,.0f}"
    choose(page, "segment", "regular")
    assert figure(page, "value_at_risk") == DASH
    assert page.locator("#segments .content").is_hidden()
    choose(page, "segment", "new")
    assert page.locator("#segments svg.marks").is_visible()


def test_results_are_said_in_words(open_page, shop):
    page = open_page(shop, "#page=results")
    rows = page.locator("#campaigns tbody tr").all()
    assert [row.locator("td").all_text_contents()[3:7] for row in rows] == [
        ["2,070", "230", "churn", "not found"],
        ["2,070", "230", "spend, EUR", "not found"],
    ]
    assert rows[0].locator("td").last.text_content() == f"No effect shows on churn. {HOSTILE}"
    assert page.inner_text("#results .lead") == (
        "Of 90 customers scored on 11 Nov 2025, 30% were predicted to churn; "
        "when the window closed on 11 Feb 2026, 31% had churned."
    )
    assert page.locator("form.filters").is_hidden()


def test_the_value_that_customers_are_ranked_by_is_shown(open_page, shop):
    page = open_page(shop, "#page=risk")
    assert [row[2] for row in table(page, "calls")][:2] == ["€99", "€98"]
    about = page.inner_text("#calls .about")
    assert about.startswith("Ranked by keepable value, the part of the expected loss that can still be saved")
    assert "relative to the mean value of a customer in the currency" in about
    assert "Reasons compare with a typical customer of this shop." in about
    unlisted = "Customers who pay in several currencies have no amounts and are not listed."
    assert unlisted in about and unlisted in page.inner_text("#lapsed .about")


def test_a_shop_of_one_currency_is_not_told_of_several(open_page, dashboard_of):
    rows = a_shop()
    for view in rows.values():
        for row in view:
            if row.get("currency"):
                row["currency"] = "EUR"
    page = open_page(dashboard_of("one_currency", rows), "#page=risk")
    assert "several currencies" not in page.inner_text("#calls .about")


def test_pseudonyms_are_short_and_differ(open_page, shop):
    page = open_page(shop, "#page=risk")
    choose(page, "segment", "lapsing")
    assert list(cells(page, "calls").values())[:3] == ["aaaaaaaa01", "aaaaaaaa03", "aaaaaaaa05"]
    text = shop.read_text(encoding="utf-8")
    assert "f" * 10 not in text
    assert "aaaaaaaa01" in text and "bbbbbbbb01" in text  # the form in which an erasure looks for them
    choose(page, "segment", "")
    assert next(iter(cells(page, "lapsed").values())) == "bbbbbbbb01"


def saved(page: Any, card: str, folder: Path) -> list[dict[str, str]]:
    """Save a card's table, and return the file's rows."""
    with page.expect_download() as saving:
        page.locator(f"#{card} .save").click()
    path = folder / saving.value.suggested_filename
    saving.value.save_as(path)
    assert path.name == f"{card}-{AS_OF}.csv"
    return rows_of(path.read_text(encoding="utf-8-sig", newline=""))


def offered(page: Any, card: str) -> list[dict[str, str]]:
    """Return the rows that a card's button gives the browser to save."""
    page.locator(f"#{card} .save").press("Enter")
    return rows_of(page.evaluate("offered.pop().text()"))


def rows_of(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text, newline="")))


def test_lists_are_saved_as_a_csv_of_texts(page, odd_shop, tmp_path):
    calls = an_odd_shop()["bi_customers_to_call"]
    page.goto(odd_shop.as_uri() + "#page=risk")
    wait(page)
    found = saved(page, "calls", tmp_path)
    assert (
        [row["reasons"] for row in found]
        == [
            *("'=1+1", "'+1", "'-1", "'@a", "'\t'=1", "'\r'=1", "'\n'=1", "'＝1", "a;'=1;b", ";\t'@a"),  # noqa: RUF001
            *REASONS[10:],
        ]
    )
    assert [row["customer_key"] for row in found] == [row["customer_key"][:10] for row in calls]
    assert [float(row["expected_loss"]) for row in found] == [row["expected_loss"] for row in calls]
    assert [row["keepable_value"] for row in found] == [str(row["keepable_value"]) for row in calls]


def test_each_table_is_saved_whole(page, shop, client):
    page.add_init_script(KEEP_OFFERED)
    page.goto(shop.as_uri())
    wait(page)
    count = page.locator(".card").count()
    assert page.locator(".card .save").count() == count > 15
    for tab in CHARTS:
        page.click(f"#tab-{tab}")
        wait(page)
        for card in page.locator(f"#{tab} .card").evaluate_all("cards => cards.map(card => card.id)"):
            page.locator(f"#{card} details").evaluate_all("all => all.forEach(one => { one.open = true; })")
            found = offered(page, card)
            shown = page.locator(f"#{card} tbody tr").count()
            assert len(found) == {"calls": 30, "lapsed": 20}.get(card, shown), card
    sql = "SELECT SUM(revenue) AS revenue FROM shop.bi_revenue_by_day WHERE currency = 'USD' AND sale_date >="
    page.click("#tab-sales")
    choose(page, "currency", "USD")
    found = offered(page, "categories")
    assert {row["currency"] for row in found} == {"USD"}
    revenue = ask(client, f"{sql} DATE '2026-03-02' - 84").revenue
    assert sum(float(row["revenue"]) for row in found) == pytest.approx(revenue)


def test_empty_cards_say_so(open_page, empty_shop):
    page = open_page(empty_shop)
    assert page.inner_text("#fresh").startswith("Not up to date: clickstream, ")
    for tab, charts in CHARTS.items():
        page.click(f"#tab-{tab}")
        wait(page)
        for chart in charts:
            sentence = page.locator(f"#{chart} .empty")
            assert sentence.is_visible() and sentence.inner_text().endswith("."), chart
            assert page.locator(f"#{chart} .content").is_hidden()
        assert page.locator("svg.marks").count() == 0
    page.click("#tab-results")
    wait(page)
    assert page.locator("#campaigns .empty").is_visible() and page.locator("#campaigns .content").is_hidden()
    assert figure(page, "customer_count") == "0"


def test_before_a_window_has_closed_it_says_when_one_will(open_page, odd_shop):
    page = open_page(odd_shop, "#page=results")
    assert page.inner_text("#quality .empty") == (
        "Nothing to compare yet: no prediction window has closed. "
        "The window of 2 Mar 2026 closes on 1 May 2026."
    )
    assert page.inner_text("#campaigns .empty").startswith("Nothing to measure yet: ")


def test_where_the_base_rate_serves_nobody_is_called_or_at_high_risk(open_page, shop_of_noise):
    page = open_page(shop_of_noise, "#page=risk")
    assert figure(page, "high_risk") == "\N{EN DASH}"
    lead = page.inner_text("#risk .lead")
    assert re.match(r"Each of [\d,]+ customers gets the base rate, a churn probability of [\d.]+%\.", lead)
    for sentence in (lead, page.inner_text("#calls .empty")):
        assert "the model is no better than chance" in sentence
        assert "More customers, a longer history or another horizon_days may help" in sentence
    assert page.locator("#calls .content").is_hidden()
    assert page.locator("#bands svg.marks", has_text="unknown risk").count() == 1


def test_reasons_are_listed_one_a_line_with_their_direction(open_page, shop):
    page = open_page(shop, "#page=risk")
    first = page.locator("#calls tbody tr").first.locator(".reasons li")
    assert first.all_inner_texts() == ["raises: silent for 60", f"lowers: {HOSTILE}"]
    assert [first.nth(place).get_attribute("class") for place in (0, 1)] == ["raises", "lowers"]


def test_bars_of_probabilities_are_aligned(open_page, odd_shop):
    page = open_page(odd_shop, "#page=risk")
    bars = page.locator("#calls .bar")
    starts = bars.evaluate_all("bars => bars.map(bar => bar.getBoundingClientRect().x)")
    assert len(starts) == len(CHANCES) and len(set(starts)) == 1


def test_hostile_text_stays_text(open_page, shop):
    page = open_page(shop)
    assert page.locator("img").count() == 0
    assert HOSTILE in cells(page, "categories")
    assert page.locator("#categories svg text", has_text="<img src=x").count() == 1
    page.locator("#categories .chart svg g.mark-rect path").first.hover()
    assert "Revenue: €" in page.inner_text("#vg-tooltip-element")


def test_pointing_at_a_week_shows_its_revenue(open_page, shop):
    page = open_page(shop)
    box = page.locator("#revenue svg.marks").bounding_box()
    page.mouse.move(box["x"] + box["width"] * 0.8, box["y"] + 150)
    told = page.inner_text("#vg-tooltip-element").splitlines()
    weeks = [(f"First day: {day}", f"Revenue: {revenue}") for day, revenue in cells(page, "revenue").items()]
    assert tuple(told[:2]) in weeks[-4:-1]


def test_an_axis_over_two_days_names_each_once(open_page, shop):
    page = open_page(shop, "#page=results")
    assert [label for label in labels(page, "quality") if "2025" in label] == ["10 Nov 2025", "11 Nov 2025"]


def test_no_other_script_runs_and_nothing_is_fetched(page, shop):
    page.goto(shop.as_uri())
    refused = page.evaluate("""async () => {
        const script = document.createElement('script');
        script.textContent = 'window.ran = true';
        document.head.append(script);
        const fetched = await fetch('http://127.0.0.1:9/').catch(error => error.name);
        return [window.ran, fetched];
    }""")
    assert refused == [None, "TypeError"]
    assert "connect-src" not in page.content() and "default-src 'none'" in page.content()


def test_the_tabs_are_reached_by_keys(open_page, shop):
    page = open_page(shop)
    page.focus("#tab-sales")
    page.keyboard.press("ArrowRight")
    wait(page)
    assert page.locator("#risk .figures").is_visible() and page.locator("#sales .figures").is_hidden()
    assert page.evaluate("document.activeElement.id") == "tab-risk"
    for key, tab in (("Home", "sales"), ("ArrowLeft", "startups"), ("ArrowRight", "sales")):
        page.keyboard.press(key)
        assert page.evaluate("document.activeElement.id") == f"tab-{tab}"
    wait(page)
    assert page.locator("#sales .figures").is_visible()


def test_every_page_is_printed(open_page, shop):
    page = open_page(shop)
    page.emulate_media(media="print", color_scheme="dark")
    for tab, [chart, *_] in CHARTS.items():
        assert page.locator(f"#{chart} svg").is_visible(), tab
    assert page.locator("[role=tablist]").is_hidden()
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    page.screenshot(path=SHOTS / "print.png", full_page=True)


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_and_nothing_overflows(open_page, shop, axe, scheme, width):
    page = open_page(shop)
    page.emulate_media(color_scheme=scheme)
    page.set_viewport_size({"width": width, "height": 800})
    page.evaluate(axe)
    for tab in CHARTS:
        page.click(f"#tab-{tab}")
        wait(page)
        page.mouse.move(0, 0)
        violations = page.evaluate("axe.run().then(found => found.violations)")
        serious = [
            (one["id"], [node["html"] for node in one["nodes"]])
            for one in violations
            if one["impact"] in ("serious", "critical")
        ]
        assert serious == []
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        cut = "all => all.filter(one => one.scrollWidth > one.clientWidth).map(one => one.ariaLabel)"
        assert page.eval_on_selector_all(f"#{tab} .content > .scroll", cut) == []
        page.screenshot(path=SHOTS / f"{tab}-{scheme}-{width}.png", full_page=True)


ODD_NAMES = (
    *("<!--<script>", "</script><script>alert(1)</script>", '"><svg onload=alert(1)>', "{{7*7}} ${1} `id`"),
    *("\u202eevil\u2028\0\x1b[31m", "'; DROP TABLE x; --", "https://a.test/" + 5000 * "x", 900 * "long "),
)


def a_shop_of_odd_names() -> dict[str, list[dict[str, Any]]]:
    """Return the rows of a shop whose names try to become something else, or are very long."""
    rows = a_shop()
    named = {
        view: [
            row | {"product_category": ODD_NAMES[place // 2 % len(ODD_NAMES)]}
            for place, row in enumerate(rows[view])
        ]
        for view in ("bi_revenue_by_day", "bi_churn_risk_by_segment", "bi_customers_to_call")
    }
    campaigns = [
        row | {"campaign": name}
        for row, name in zip(2 * rows["bi_retention_effect"], ODD_NAMES[4:], strict=True)
    ]
    reject = rows["bi_rejects_by_day"][0]
    rejects = [reject | {"reason": name} for name in ODD_NAMES]
    sectors = [rows["bi_startups_by_stage"][0] | {"sector": name} for name in ODD_NAMES]
    return (
        rows
        | named
        | {
            "bi_retention_effect": campaigns,
            "bi_rejects_by_day": rejects,
            "bi_startups_by_stage": sectors,
        }
    )


@pytest.mark.parametrize("width", [1280, 390])
def test_odd_and_long_names_stay_text_and_within_the_page(open_page, dashboard_of, width):
    page = open_page(dashboard_of(f"odd_names_{width}", a_shop_of_odd_names()))
    page.set_viewport_size({"width": width, "height": 800})
    assert set(cells(page, "categories")) == {name.replace("_", " ") for name in ODD_NAMES}
    for tab in CHARTS:
        page.click(f"#tab-{tab}")
        wait(page)
        page.screenshot(path=SHOTS / f"odd-{tab}-{width}.png", full_page=True)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, tab
        wide = "all => all.filter(one => one.scrollWidth > 2000).map(one => [one.ariaLabel, one.scrollWidth])"
        assert page.eval_on_selector_all(f"#{tab} .content > .scroll", wide) == []
