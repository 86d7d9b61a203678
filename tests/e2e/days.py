"""A day of the batch, run step by step on the cloud that the clients are pointed at."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import components.export_sales.step
import components.extract_features.step
import components.record_run.step
import components.run_dataform.step
import components.train_churn_model.step
import components.watch_predictions.step
import components.write_predictions.step
from components.export_sales.request import ExportRequest
from components.shared.defaults import MAX_QUERY_GIB, TRAINING_ROWS_DAYS
from components.shared.names import (
    BUCKET,
    COLLECTION,
    DATASETS,
    LOCATION,
    REPOSITORY,
    SOURCES,
    WORKSPACE,
)

PROJECT = "winter-days-local"
HORIZON = 30
PLACE = {"project": PROJECT, "location": LOCATION, "bucket": BUCKET}


@dataclass
class Part:
    """An artifact, or the object that the pipeline's metrics are logged to."""

    path: str = ""
    uri: str = ""
    metadata: dict[str, Any] = field(default_factory=dict)

    def log_metric(self, *_: Any) -> None: ...
    def log_roc_curve(self, *_: Any) -> None: ...
    def log_confusion_matrix(self, *_: Any) -> None: ...


def run_day(as_of: str, run_id: str, folder: Path, **export: Any) -> dict[str, Part]:
    """Run the steps of a day, and return the artifacts that they leave; export has the export's settings."""
    common: dict[str, Any] = {"as_of": as_of, "run_id": run_id, "max_query_gib": MAX_QUERY_GIB}
    parts = {name: Part() for name in ("sales", "facts", "training", "scoring", "predictions")}
    build_warehouse(common, parts, **export)
    components.extract_features.step.run(
        **PLACE,
        **common,
        features_dataset=DATASETS["features"],
        horizon_days=HORIZON,
        cutoffs=8,
        training_rows_days=TRAINING_ROWS_DAYS,
        fct_sales=parts["facts"],
        training_examples=parts["training"],
        scoring_examples=parts["scoring"],
    )
    folder.mkdir()
    parts["model"] = Part(path=str(folder / "model"))
    _score(common, parts, folder)
    return parts


def export_day(common: dict[str, Any], sales: Part, **settings: Any) -> None:
    """Export the sales."""
    request = ExportRequest(
        **PLACE,
        as_of=common["as_of"],
        database="(default)",
        collection=COLLECTION,
        max_reject_share=1.0,
        **settings,
    )
    own = {name: value for name, value in common.items() if name != "as_of"}
    components.export_sales.step.run(request, **own, sales=sales)


def build_warehouse(common: dict[str, Any], parts: dict[str, Part], **export: Any) -> None:
    """Export the sales and build the warehouse."""
    export_day(common, parts["sales"], **export)
    components.run_dataform.step.run(
        **PLACE,
        **common,
        max_reject_share=1.0,
        repository=REPOSITORY,
        workspace=WORKSPACE,
        service_account="",
        datasets=DATASETS,
        business_time_zone="UTC",
        sources=",".join(SOURCES),
        timeout_seconds=600,
        longest_poll_seconds=0.5,
        sales=parts["sales"],
        fct_sales=parts["facts"],
    )


def _score(common: dict[str, Any], parts: dict[str, Part], folder: Path) -> None:
    components.train_churn_model.step.run(
        **PLACE,
        **common,
        horizon_days=HORIZON,
        training_examples=parts["training"],
        scoring_examples=parts["scoring"],
        model=parts["model"],
        metrics=Part(),
        classification=Part(),
        report=Part(path=str(folder / "report.html")),
        model_card=Part(path=str(folder / "card.md")),
    )
    scored_at = f"{common['as_of']}T03:00:00Z"
    components.write_predictions.step.run(
        **PLACE,
        **common,
        warehouse_dataset=DATASETS["warehouse"],
        scored_at=scored_at,
        horizon_days=HORIZON,
        scoring_shards=1,
        scoring_examples=parts["scoring"],
        model=parts["model"],
        predictions=parts["predictions"],
    )
    components.watch_predictions.step.run(
        **PLACE,
        **common,
        horizon_days=HORIZON,
        one_in=1,
        scoring_examples=parts["scoring"],
        model=parts["model"],
        predictions=parts["predictions"],
        report=Part(path=str(folder / "watching.html")),
    )
    components.record_run.step.run(
        **PLACE,
        **common,
        warehouse_dataset=DATASETS["warehouse"],
        scored_at=scored_at,
        repository=REPOSITORY,
        state="SUCCEEDED",
        error="",
    )
