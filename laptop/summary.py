"""The summary of a finished run: row counts, the model's metrics, the estimated cost, where files are."""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from rich.console import Console

from components.cost.receipt import format_usd
from components.shared.clients import bigquery_client
from components.shared.command_line import LAYOUT, plain
from components.shared.names import DATASETS, LOCATION
from components.shared.queries import read_sql, run_query

Record = dict[str, Any]
REJECTS = "docs/questions.md shows why; sales_rejects/ keeps them as received"
RECEIPT = Path(__file__).with_name("receipt.sql")


def show_summary(
    console: Console,
    as_of: str,
    records: list[Record],
    receipt: Mapping[str, Any],
    places: dict[str, str],
    news: str = "",
    more: Iterable[tuple[str, str]] = (),
) -> None:
    """Print a short summary of a run: what its steps counted, news, cost, and where files are.

    `more` has the titles and texts of further lines.
    """
    counts = {record["step"]: record["counts"] for record in records}
    figures = [*_figures(as_of, counts), *([("new today", news)] if news else [])]
    for title, text in [*figures, *more, *_cost(receipt), *places.items()]:
        line = plain(f"{title:<12} {text}", LAYOUT)
        console.print(line, markup=False, emoji=False, soft_wrap=True)


def read_receipt(project: str, run_id: str) -> Mapping[str, Any]:
    """Return the receipt of a run from its row in pipeline_runs."""
    sql = read_sql(RECEIPT, project=project, warehouse=DATASETS["warehouse"])
    [row] = run_query(bigquery_client(project, LOCATION), sql, {"run_id": run_id})
    return dict(row)


def _cost(receipt: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield what the run would cost at list prices; monthly free amounts are not deducted."""
    yield "cost", f"about {format_usd(receipt['estimated_cost'])} on Google Cloud, including the run fee:"
    yield (
        "",
        f"{receipt['documents_read']:,} reads {format_usd(receipt['firestore_cost'])}, "
        f"{receipt['bytes_billed'] / 2**20:,.0f} MiB queried {format_usd(receipt['bigquery_cost'])}, "
        f"{receipt['machine_seconds']:,.0f} s of compute {format_usd(receipt['vertex_cost'])}",
    )


def describe_failures(records: list[Record]) -> str:
    """Return the errors that the failed steps of a run recorded; empty if there are none."""
    failed = [record for record in records if record["state"] == "FAILED"]
    return "\n".join(f"{record['step']} failed: {record['error']}" for record in failed)


def _figures(as_of: str, counts: dict[str, Any]) -> Iterator[tuple[str, str]]:
    exported, written = counts["export_sales"], counts["write_predictions"]
    trained = counts["train_churn_model"]
    yield (
        "exported",
        f"{exported['documents']:,} documents: "
        + ", ".join(f"{exported[kind]:,} {kind}" for kind in ("new", "changed", "deleted", "unchanged"))
        + f"; {exported['rejects']:,} rejected"
        + _describe_left_out(exported),
    )
    actions = counts["run_dataform"]["actions"].items()
    yield "warehouse", ", ".join(f"{n} actions {state.lower()}" for state, n in actions)
    if trained["served_metrics"]:
        yield "model", _describe_metrics(trained["served_metrics"])
    if trained["served_version"] != trained["model_version"]:
        yield "challenger", f"{_describe_metrics(trained['metrics'])}; it does not serve"
    yield "predictions", f"{written['customers']:,} customers, {_risk(written)}"
    yield "", f"{DATASETS['warehouse']}.fact_predictions_churn, partition {as_of}"
    if exported["rejects"]:
        yield "rejected", f"{exported['rejects']:,} documents that break a rule: {REJECTS}"
    for step in counts.values():
        yield from (("warning", warning) for warning in step.get("warnings", []))


def _describe_left_out(exported: dict[str, Any]) -> str:
    """Return what a mapping left out of its source, and why."""
    reasons = exported.get("left_out_reasons", {})
    if not reasons:
        return ""
    told = ", ".join(f"{reason}: {count:,}" for reason, count in reasons.items())
    return f"; {exported['left_out']:,} of {exported['source_rows']:,} documents left out ({told})"


def _risk(written: dict[str, Any]) -> str:
    """Return how many customers are at high risk, or that the model cannot rank them."""
    if written["ranks"]:
        return f"{written['high_risk']:,} at high risk"
    return "all at the base rate: the model is no better than chance, so no customer is ranked or listed"


def _describe_metrics(metrics: dict[str, float]) -> str:
    return (
        f"ROC AUC {metrics['roc_auc']:.3f}, log loss {metrics['log_loss']:.3f}, "
        f"churn {metrics['base_rate']:.1%}"
    )
