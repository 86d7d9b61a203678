"""What a finished run says: how many rows, how good the model is, where things lie."""

from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

Record = dict[str, Any]


def show_summary(console: Console, as_of: str, records: list[Record], report: Path, state_dir: Path) -> None:
    """Print a short summary of a run from the counts that its steps recorded."""
    counts = {record["step"]: record["counts"] for record in records}
    exported, built = counts["export_sales"], counts["run_dataform"]
    trained, written = counts["train_churn_model"], counts["write_predictions"]
    metrics = trained["metrics"]
    table = Table.grid(padding=(0, 2))
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    table.add_row(
        "exported",
        f"{exported['rows']:,} changed of {exported['documents']:,} documents, "
        f"{exported['rejects']:,} rejected",
    )
    table.add_row(
        "warehouse", ", ".join(f"{n} actions {state.lower()}" for state, n in built["actions"].items())
    )
    table.add_row(
        "model",
        f"ROC AUC {metrics['roc_auc']:.3f}, log loss {metrics['log_loss']:.3f}, "
        f"churn {metrics['base_rate']:.1%}",
    )
    table.add_row(
        "predictions",
        f"{written['customers']:,} customers, {written['high_risk']:,} at high risk, in "
        f"winter_days_warehouse.fact_predictions_churn, partition {as_of}",
    )
    table.add_row("report", str(report))
    table.add_row("look inside", f"python -m localcloud up --state-dir {state_dir}")
    console.print(table)
