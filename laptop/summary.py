"""What a finished run says: how many rows, how good the model is, where things lie."""

from collections.abc import Iterator
from typing import Any

from rich.console import Console

from components.shared.names import DATASETS

Record = dict[str, Any]


def show_summary(console: Console, as_of: str, records: list[Record], places: dict[str, str]) -> None:
    """Print a short summary of a run from the counts that its steps recorded, and where things lie."""
    counts = {record["step"]: record["counts"] for record in records}
    for title, text in [*_figures(as_of, counts), *places.items()]:
        console.print(f"{title:<12} {text}", soft_wrap=True)


def describe_failures(records: list[Record]) -> str:
    """Return why the failed steps of a run failed, in their own words; empty when none of them said."""
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
        + _left_out(exported),
    )
    actions = counts["run_dataform"]["actions"].items()
    yield "warehouse", ", ".join(f"{n} actions {state.lower()}" for state, n in actions)
    if trained["served_metrics"]:
        yield "model", _judged(trained["served_metrics"])
    if trained["served_version"] != trained["model_version"]:
        yield "challenger", f"{_judged(trained['metrics'])}; it does not serve"
    yield "predictions", f"{written['customers']:,} customers, {written['high_risk']:,} at high risk"
    yield "", f"{DATASETS['warehouse']}.fact_predictions_churn, partition {as_of}"
    for step in counts.values():
        yield from (("warning", warning) for warning in step.get("warnings", []))


def _left_out(exported: dict[str, Any]) -> str:
    """Return what a mapping left out of its source, and why."""
    reasons = exported.get("left_out_reasons", {})
    if not reasons:
        return ""
    told = ", ".join(f"{reason}: {count:,}" for reason, count in reasons.items())
    return f"; {exported['left_out']:,} of {exported['source_rows']:,} documents left out ({told})"


def _judged(metrics: dict[str, float]) -> str:
    return (
        f"ROC AUC {metrics['roc_auc']:.3f}, log loss {metrics['log_loss']:.3f}, "
        f"churn {metrics['base_rate']:.1%}"
    )
