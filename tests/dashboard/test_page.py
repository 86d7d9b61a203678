"""The dashboard in Chromium: what it shows is what the views hold, for all who look at it."""

import csv
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.dashboard.conftest import AS_OF, a_shop

DASH = "\N{EN DASH}"

SHOTS = Path(__file__).parents[2] / ".screenshots"
HOSTILE = "<img src=x onerror=alert(1)></script><script>alert(2)</script>"
CHARTS = {
    "happened": ["revenue", "categories", "channels", "customers", "retention", "funnel", "startups"],
    "ahead": ["segments", "bands", "risk-categories", "risk-channels", "quality"],
}


@pytest.fixture
def open_page(page) -> Callable[[Path], Any]:
    """Return a function that opens a dashboard, and fails when it asks for anything or complains."""
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("request", lambda request: complaints.append(request.url))

    def open_file(path: Path) -> Any:
        page.goto(path.as_uri())
        page.wait_for_selector("body[data-drawn]", state="attached")
        assert complaints == [path.as_uri()]
        return page

    yield open_file
    assert complaints[1:] == []


def test_a_source_that_is_off_has_no_card_and_no_figure(open_page, dashboard_of):
    rows = a_shop()
    kept = [row for row in rows["bi_data_freshness"] if row["source"] not in ("clickstream", "startups")]
    page = open_page(dashboard_of("no_sources", rows | {"bi_data_freshness": kept}))
    drawn = page.eval_on_selector_all("#happened .cards > *", "cards => cards.map(card => card.id)")
    assert set(drawn) & set(CHARTS["happened"]) == set(CHARTS["happened"]) - {"funnel", "startups"}
    assert page.locator("[data-figure=bought]").count() == 0
    assert figure(page, "order_count")


def figure(page: Any, name: str) -> str:
    return page.inner_text(f"[data-figure={name}]")


def choose(page: Any, name: str, value: str) -> None:
    page.select_option(f"select[name={name}]", value)
    page.wait_for_selector("body[data-drawn]", state="attached")


def cells(page: Any, card: str) -> dict[str, str]:
    """Return a card's table as the first column's texts and the second's."""
    rows = page.eval_on_selector_all(
        f"#{card} tbody tr", "rows => rows.map(row => [...row.cells].map(cell => cell.textContent))"
    )
    return {row[0]: row[1] for row in rows}


def ask(client: Any, sql: str) -> Any:
    [row] = client.query(sql).result()
    return row


def drawn(page: Any, card: str) -> str:
    return page.inner_html(f"#{card} .chart")


def test_both_pages_are_drawn(open_page, shop):
    page = open_page(shop)
    assert page.inner_text("header time") == "2 Mar 2026"
    assert page.inner_text("#fresh") == "All data up to date"
    for tab, charts in CHARTS.items():
        page.click(f"#tab-{tab}")
        for chart in charts:
            marks = page.locator(f"#{chart} .chart svg g[class*=role-mark] path")
            assert page.locator(f"#{chart} .chart svg").is_visible() and marks.count() > 0, chart
            assert page.locator(f"#{chart} .empty").is_hidden()
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
def test_figures_and_charts_are_what_sql_says(open_page, shop, client, weeks, filters):
    page = open_page(shop)
    choose(page, "periods", weeks)
    for name, value in filters.items():
        choose(page, name, value)
    wanted = {"currency": "EUR"} | filters
    where = " AND ".join(f"{name} = '{value}'" for name, value in wanted.items())
    found = ask(
        client,
        f"SELECT SUM(revenue) AS revenue, SUM(order_count) AS orders, SUM(units) AS units"
        f" FROM shop.bi_revenue_by_day WHERE sale_date >= DATE '2026-03-02' - {weeks} * 7 AND {where}",
    )
    sign = {"EUR": "€", "USD": "$"}[wanted["currency"]]
    assert figure(page, "revenue") == f"{sign}{found.revenue:,.0f}"
    assert figure(page, "order_count") == f"{found.orders:,}"
    assert figure(page, "units") == f"{found.units:,}"
    assert figure(page, "average") == f"{sign}{found.revenue / found.orders:,.2f}"
    categories = client.query(
        f"SELECT product_category, SUM(revenue) AS revenue FROM shop.bi_revenue_by_day"
        f" WHERE sale_date >= DATE '2026-03-02' - {weeks} * 7 AND {where} GROUP BY 1"
    ).result()
    assert cells(page, "categories") == {
        row.product_category: f"{sign}{row.revenue:,.0f}" for row in categories
    }
    weekly = [int(re.sub(r"\D", "", amount)) for amount in cells(page, "revenue").values()]
    assert len(weekly) == int(weeks)
    assert sum(weekly) == pytest.approx(found.revenue, abs=int(weeks))


def test_a_filter_draws_the_charts_anew(open_page, shop):
    page = open_page(shop)
    before = {chart: drawn(page, chart) for chart in ("revenue", "categories", "funnel", "startups")}
    choose(page, "channel", "store")
    after = {chart: drawn(page, chart) for chart in before}
    assert {chart for chart in before if before[chart] != after[chart]} == {"revenue", "categories"}
    choose(page, "periods", "4")
    assert drawn(page, "revenue") != after["revenue"]
    page.click("text=Reset")
    page.wait_for_selector("body[data-drawn]", state="attached")
    assert drawn(page, "categories") == before["categories"]


@pytest.mark.parametrize("filters", [{}, {"segment": "lapsing"}, {"channel": "web", "currency": "USD"}])
def test_what_will_happen_is_what_sql_says(open_page, shop, client, filters):
    page = open_page(shop)
    page.click("#tab-ahead")
    for name, value in filters.items():
        choose(page, name, value)
    wanted = {"currency": "EUR"} | filters
    where = " AND ".join(f"{name} = '{value}'" for name, value in wanted.items())
    found = ask(
        client,
        "SELECT SUM(customer_count) AS customers, SUM(value_at_risk) AS at_risk, SUM(expected_churners) AS"
        " leaving, SUM(IF(risk_band = 'high', customer_count, 0)) AS high"
        f" FROM shop.bi_churn_risk_by_segment WHERE {where}",
    )
    sign = {"EUR": "€", "USD": "$"}[wanted["currency"]]
    assert figure(page, "customer_count") == f"{found.customers:,}"
    assert figure(page, "value_at_risk") == f"{sign}{found.at_risk:,.0f}"
    assert figure(page, "expected_churners") == f"{found.leaving:,.0f}"
    assert figure(page, "high_risk") == f"{found.high:,}"


def test_the_share_of_those_who_have_lapsed_is_said(open_page, dashboard_of):
    rows = a_shop()
    risk = rows["bi_churn_risk_by_segment"]
    for row in risk:
        row["segment"] = row["segment"].replace("lapsing", "lapsed")
    page = open_page(dashboard_of("lapsed_customers", rows))
    page.click("#tab-ahead")
    euros = [row for row in risk if row["currency"] == "EUR"]
    lapsed = sum(row["value_at_risk"] for row in euros if row["segment"] == "lapsed")
    share = lapsed / sum(row["value_at_risk"] for row in euros)
    note = page.locator("[data-figure=value_at_risk] + .note")
    assert note.inner_text().endswith(f" of it, {100 * share:.1f}".removesuffix(".0") + "% with the lapsed")
    choose(page, "segment", "lapsed")
    assert note.inner_text().endswith(" of it")


def test_what_campaigns_kept_is_said_in_words(open_page, shop):
    page = open_page(shop)
    page.click("#tab-ahead")
    rows = page.locator("#campaigns tbody tr").all()
    assert [row.locator("td").all_text_contents()[3:7] for row in rows] == [
        ["2,070", "230", "churn", "not found"],
        ["2,070", "230", "spend, EUR", "not found"],
    ]
    assert rows[0].locator("td").last.text_content() == f"No effect shows on churn. {HOSTILE}"


def test_pseudonyms_are_short_and_differ(open_page, shop):
    page = open_page(shop)
    page.click("#tab-ahead")
    choose(page, "segment", "lapsing")
    assert list(cells(page, "calls").values())[:3] == ["aaaaaaaa01", "aaaaaaaa03", "aaaaaaaa05"]
    assert "f" * 10 not in shop.read_text(encoding="utf-8")


def test_the_call_list_is_saved_as_a_csv_of_texts(page, dashboard_of, tmp_path):
    rows = a_shop()
    reasons = ["=1+1", "+1", "-1", "@a", "\t=1", "\r=1", 'said "no", twice\nand left', "plain"]
    calls = [
        row | {"reasons": reason} for row, reason in zip(rows["bi_customers_to_call"], reasons, strict=False)
    ]
    page.goto(dashboard_of("saved_calls", rows | {"bi_customers_to_call": calls}).as_uri())
    page.wait_for_selector("body[data-drawn]", state="attached")
    page.click("#tab-ahead")
    with page.expect_download() as saving:
        page.click("#calls .save")
    saved = tmp_path / saving.value.suggested_filename
    saving.value.save_as(saved)
    assert saved.name == f"calls-{AS_OF}.csv"
    with saved.open(encoding="utf-8-sig", newline="") as file:
        found = list(csv.DictReader(file))
    assert [row["reasons"] for row in found] == [f"'{text}" for text in reasons[:6]] + reasons[6:]
    assert [row["customer_key"] for row in found] == [row["customer_key"][:10] for row in calls]
    assert [float(row["expected_loss"]) for row in found] == [row["expected_loss"] for row in calls]


def test_what_is_empty_says_so(open_page, empty_shop):
    page = open_page(empty_shop)
    assert page.inner_text("#fresh").startswith("Not up to date: clickstream, ")
    for tab, charts in CHARTS.items():
        page.click(f"#tab-{tab}")
        for chart in charts:
            sentence = page.locator(f"#{chart} .empty")
            assert sentence.is_visible() and sentence.inner_text().endswith("."), chart
            assert page.locator(f"#{chart} .content").is_hidden()
        assert page.locator("svg.marks").count() == 0
    assert page.locator("#campaigns .empty").is_visible() and page.locator("#campaigns .content").is_hidden()
    assert figure(page, "customer_count") == "0"


def test_where_the_base_rate_serves_nobody_is_called_or_at_high_risk(open_page, shop_of_noise):
    page = open_page(shop_of_noise)
    page.click("#tab-ahead")
    assert figure(page, "high_risk") == DASH
    lead = page.inner_text("#ahead .lead")
    assert re.match(
        r"Each of [\d,]+ customers is given the base rate, a chance of leaving of [\d.]+%\.", lead
    )
    for sentence in (lead, page.inner_text("#calls .empty")):
        assert "the model is no better than chance" in sentence
        assert "More customers, a longer history or another horizon_days may help" in sentence
    assert page.locator("#calls .content").is_hidden()
    assert page.locator("#bands svg.marks", has_text="unknown risk").count() == 1


def test_where_the_base_rate_serves_money_is_a_dash_and_no_zero(open_page, shop_of_noise):
    page = open_page(shop_of_noise)
    page.click("#tab-ahead")
    assert (figure(page, "value"), figure(page, "value_at_risk")) == (DASH, DASH)
    assert page.inner_text("#segments .empty") == "No amount of these is known."
    assert page.locator("#segments .content").is_hidden()
    for row in page.locator("#bands tbody tr").all():
        assert row.locator("td").all_text_contents()[4:] == [DASH, DASH]


def test_money_that_is_not_known_is_no_part_of_a_sum(open_page, dashboard_of):
    rows = a_shop()
    known = next(row for row in rows["bi_churn_risk_by_segment"] if row["segment"] == "new")
    for table, names in (
        ("bi_churn_risk_by_segment", ("value", "value_at_risk")),
        ("bi_revenue_by_day", ("revenue",)),
    ):
        for row in rows[table]:
            row |= dict.fromkeys(names) if row is not known else {}
    page = open_page(dashboard_of("unknown_money", rows))
    assert (figure(page, "revenue"), figure(page, "average")) == (DASH, DASH)
    assert page.inner_text("#happened .lead").endswith(" orders came, of amounts that are not known.")
    assert page.inner_text("#categories .empty") == "No amount of these is known."
    page.click("#tab-ahead")
    assert figure(page, "value_at_risk") == f"€{known['value_at_risk']:,.0f}"
    choose(page, "segment", "regular")
    assert figure(page, "value_at_risk") == DASH
    assert page.inner_text("#ahead .lead").endswith("to leave: what they would spend is not known.")
    assert page.locator("#segments .content").is_hidden()
    choose(page, "segment", "new")
    assert page.locator("#segments svg.marks").is_visible()


def test_reasons_are_told_one_a_line_with_their_way(open_page, shop):
    page = open_page(shop)
    page.click("#tab-ahead")
    first = page.locator("#calls tbody tr").first.locator(".reasons li")
    assert first.all_inner_texts() == ["raises: silent for 60", f"lowers: {HOSTILE}"]
    assert [first.nth(place).get_attribute("class") for place in (0, 1)] == ["raises", "lowers"]


def test_hostile_text_stays_text(open_page, shop):
    page = open_page(shop)
    assert page.locator("img").count() == 0
    assert HOSTILE in cells(page, "categories")
    assert page.locator("#categories svg text", has_text="<img src=x").count() == 1
    page.locator("#categories .chart svg g.mark-rect path").first.hover()
    assert "Revenue: €" in page.inner_text("#vg-tooltip-element")


def test_pointing_at_a_week_tells_its_revenue(open_page, shop):
    page = open_page(shop)
    box = page.locator("#revenue svg.marks").bounding_box()
    page.mouse.move(box["x"] + box["width"] * 0.8, box["y"] + 150)
    told = page.inner_text("#vg-tooltip-element").splitlines()
    weeks = [(f"First day: {day}", f"Revenue: {revenue}") for day, revenue in cells(page, "revenue").items()]
    assert tuple(told[:2]) in weeks[-4:-1]


def test_an_axis_over_two_days_names_each_once(open_page, shop):
    page = open_page(shop)
    page.click("#tab-ahead")
    labels = page.locator("#quality svg g.role-axis-label text").all_text_contents()
    assert [label for label in labels if "2025" in label] == ["10 Nov 2025", "11 Nov 2025"]


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
    page.focus("#tab-happened")
    page.keyboard.press("ArrowRight")
    assert page.locator("#ahead .figures").is_visible() and page.locator("#happened .figures").is_hidden()
    assert page.evaluate("document.activeElement.id") == "tab-ahead"
    page.keyboard.press("Home")
    assert page.locator("#happened .figures").is_visible()


def test_both_pages_are_printed(open_page, shop):
    page = open_page(shop)
    page.emulate_media(media="print", color_scheme="dark")
    assert page.locator("#revenue svg").is_visible() and page.locator("#segments svg").is_visible()
    assert page.locator("[role=tablist]").is_hidden()
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    page.screenshot(path=SHOTS / "print.png", full_page=True)


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_and_nothing_sticks_out(open_page, shop, axe, scheme, width):
    page = open_page(shop)
    page.emulate_media(color_scheme=scheme)
    page.set_viewport_size({"width": width, "height": 800})
    page.evaluate(axe)
    for tab in CHARTS:
        page.click(f"#tab-{tab}")
        page.mouse.move(0, 0)
        violations = page.evaluate("axe.run().then(found => found.violations)")
        serious = [
            (one["id"], [node["html"] for node in one["nodes"]])
            for one in violations
            if one["impact"] in ("serious", "critical")
        ]
        assert serious == []
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        page.screenshot(path=SHOTS / f"{tab}-{scheme}-{width}.png", full_page=True)
