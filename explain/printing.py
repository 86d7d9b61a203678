"""An explanation as text for people, 80 columns wide or as wide as the terminal."""

from collections.abc import Iterable
from typing import Any

from rich.console import Console
from rich.table import Table

from components.shared.command_line import plain
from explain.explanation import EQUAL, Blend, Explanation, Feature, Reason, Replay
from explain.places import Row
from explain.stored import Past, Prediction, Rewritten, Sale

NOTHING = "-"


def show(console: Console, explained: Explanation) -> None:
    """Print all parts of an explanation."""
    _show_prediction(console, explained.prediction)
    _show_money(console, explained)
    _show_past(console, explained.past, str(explained.prediction.prediction_date))
    _show_features(console, explained.features, explained.features_kept)
    if explained.blend:
        _show_blend(console, explained.blend)
        _show_reasons(console, explained.reasons)
    _show_replay(console, explained.replay)


def number(value: Any) -> str:
    """Return a number with at most four decimals, anything else as text, and a dash for missing values."""
    if value is None:
        return NOTHING
    if isinstance(value, float):
        return f"{value:,.4f}".rstrip("0").rstrip(".")
    return f"{value:,}" if isinstance(value, int) else plain(value)


def _show_prediction(console: Console, prediction: Prediction) -> None:
    console.print(f"Customer {prediction.customer_key}", style="bold")
    console.print(f"on {prediction.prediction_date}, for the {prediction.horizon_days} days from then on")
    table = _table("", "")
    table.show_header = False
    chance = f"{prediction.churn_probability} of no purchase"
    ranked = f"{prediction.risk_band} risk, decile {prediction.decile} of 10"
    place = ranked if prediction.decile else "base rate, no ranking"
    table.add_row("probability", f"{chance}: {place}")
    table.add_row("reasons", "\n".join(map(plain, prediction.top_reasons)) or NOTHING)
    table.add_row("model", plain(prediction.model_version))
    table.add_row("run", plain(prediction.pipeline_run_id))
    table.add_row("scored at", prediction.scored_at.strftime("%Y-%m-%d %H:%M UTC"))
    console.print(table)


def _show_money(console: Console, explained: Explanation) -> None:
    said, peers, days = explained.prediction, explained.peers, explained.prediction.horizon_days
    _head(console, f"Spend in the {days} days from then on")
    if peers is None:
        console.print(f"{NOTHING} not known: {_why_unknown(said)}")
        return
    [before] = [feature.value for feature in explained.features if feature.name == "spend_in_horizon"]
    table = _table("", "Customer>", "Mean>", "Place>")
    for name, amount, mean, place in (
        ("expected spend", said.expected_spend, peers.mean_spend, peers.spend_place),
        ("value at risk", said.value_at_risk, peers.mean_at_risk, peers.risk_place),
    ):
        table.add_row(name, _amount(amount, said.currency), f"{mean:,.2f}", number(place))
    table.add_row(f"spent in the {days} days before", _amount(before, said.currency), "", "")
    console.print(table)
    console.print(
        f"The {_interval(said, explained.interval_level)}. Mean and rank, 1 for the highest, are "
        f"among {peers.customers:,} customers of the day who pay in {plain(said.currency)}."
    )


def _interval(said: Prediction, level: float | None) -> str:
    """Return the interval of the expected spend; its level is known only if the model could be loaded."""
    name = "interval" if level is None else f"{level:.0%} interval"
    if said.expected_spend_low is None or said.expected_spend_high is None:
        return f"{name} is not given where a purchase is very unlikely"
    return f"{name} of the spend is {said.expected_spend_low:,.2f} to {said.expected_spend_high:,.2f}"


def _why_unknown(prediction: Prediction) -> str:
    if not prediction.decile:
        return "the base rate serves, which has no amounts"
    if prediction.currency is None:
        return "the customer pays in several currencies, or spend was not predicted yet on that day"
    return "no spend model served that day"


def _show_past(console: Console, past: Past, on: str) -> None:
    _head(console, f"Sales known on {on}: {past.sales:,}, of which {past.completed:,} completed")
    console.print(_sales(past.newest))
    if older := past.sales - len(past.newest):
        console.print(f"and {older:,} older")
    if not past.rewritten:
        console.print("They are unchanged today, and no others have been found.")
        return
    _head(console, f"Changed since, as known today: {past.rewritten:,}")
    console.print(_rewritten_table(past.newest_rewritten))
    if older := past.rewritten - len(past.newest_rewritten):
        console.print(f"and {older:,} older")


def _sales(sales: Iterable[Sale]) -> Table:
    table = _table("Day", "Category", "Pieces>", "Amount>", "Status", "Known from")
    for sale in sales:
        table.add_row(
            str(sale.sale_date),
            plain(sale.product_category or NOTHING),
            number(sale.quantity),
            _amount(sale.total_amount, sale.currency),
            plain(sale.status),
            str(sale.known_from_date),
        )
    return table


def _amount(amount: float | None, currency: str | None) -> str:
    return NOTHING if amount is None else f"{amount:,.2f} {plain(currency or '')}".rstrip()


def _rewritten_table(sales: Iterable[Rewritten]) -> Table:
    table = _table("Sale", "How", "Since", "Sale and changes")
    for sale in sales:
        changes = [f"{name}: {number(old)} → {number(new)}" for name, (old, new) in sale.changes.items()]
        table.add_row(
            plain(sale.sale_id),
            sale.how,
            str(sale.since),
            "\n".join([_format_sale(sale.known or sale.today or {}), *changes]),
        )
    return table


def _format_sale(row: Row) -> str:
    """Return a sale's day, pieces, category and amount on one line."""
    pieces = f"{number(row['quantity'])} {plain(row['product_category'] or NOTHING)}"
    return f"{row['sale_date']}, {pieces}, {_amount(row['total_amount'], row['currency'])}"


def _show_features(console: Console, features: Iterable[Feature], kept: bool) -> None:
    _head(console, "Features, as scored" if kept else "Features, recomputed: none are kept")
    table = _table("Name", "Value>", "Meaning")
    for feature in features:
        table.add_row(feature.name, number(feature.value), feature.meaning)
    console.print(table)


def _show_blend(console: Console, blend: Blend) -> None:
    _head(console, "Members: each contribution is weight times log odds")
    table = _table("Member", "Probability>", "Log odds>", "Weight>", "Contribution>")
    for member in blend.members:
        table.add_row(
            member.name,
            f"{member.probability:.4f}",
            f"{member.log_odds:+.4f}",
            f"{member.weight:.3f}",
            f"{member.part:+.4f}",
        )
    table.add_row("last year's season", "", "", "", f"{blend.season:+.4f}")
    table.add_row("total", f"{blend.probability:.4f}", f"{blend.log_odds:+.4f}", "", f"{blend.log_odds:+.4f}")
    console.print(table)


def _show_reasons(console: Console, reasons: Iterable[Reason]) -> None:
    _head(
        console,
        "Reasons, and their effect on the log odds relative to a typical customer",
    )
    table = _table("Reason", "Effect>", "Features")
    for reason in reasons:
        grounds = [f"{each.feature} = {number(each.value)}: {each.adds:+.2f}" for each in reason.grounds]
        table.add_row(plain(reason.sentence), f"{reason.adds:+.2f}", "\n".join(grounds))
    console.print(table)


def _show_replay(console: Console, replay: Replay) -> None:
    if replay.outcome == EQUAL:
        _head(console, "Replay: equal")
        console.print("Recomputed from the sales' versions and the model, the score equals the stored one.")
        return
    _head(console, f"Replay: {replay.outcome}")
    if replay.differences:
        table = _table("What", "Stored", "Recomputed")
        for each in replay.differences:
            table.add_row(each.what, _format_exact(each.stored), _format_exact(each.again))
        console.print(table)


def _format_exact(value: Any) -> str:
    """Return a value with all its digits."""
    parts = value if isinstance(value, list) else [NOTHING if value is None else value]
    return "\n".join(map(plain, parts))


def _head(console: Console, text: str) -> None:
    console.print(f"\n{text}", style="bold")


def _table(*columns: str) -> Table:
    """Return a table with these columns; those whose names end in > are right-aligned."""
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    for column in columns:
        right = column.endswith(">")
        table.add_column(column.rstrip(">"), justify="right" if right else "left", overflow="fold")
    return table
