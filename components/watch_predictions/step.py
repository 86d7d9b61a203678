"""Monitor: how customers differ from the training's, outcomes of past predictions, and warnings."""

import traceback
from dataclasses import asdict, dataclass
from pathlib import Path

from components.churn_model import saved_model
from components.churn_model.reading import read_training_examples
from components.shared.artifacts import Artifact, table_of
from components.shared.clients import bigquery_client
from components.shared.dates import parse_date
from components.shared.errors import StepError
from components.shared.logs import log
from components.shared.pages import write_page
from components.shared.queries import Value
from components.shared.retries import retry_transient
from components.shared.run_record import step_record
from components.watch_predictions.alarms import find_pause, find_warnings
from components.watch_predictions.drift import keep_drift, read_today
from components.watch_predictions.outcomes import Outcome, keep_outcomes
from components.watch_predictions.recent_sales import read_recent_sales
from components.watch_predictions.stability import SCORE, Stability, compare

FOLDER = Path(__file__).parent


@dataclass(frozen=True)
class Watch:
    """A day's drift and past outcomes, newest first, with warnings in words.

    training_customers are those of the newest cut-off of the training, whether trained on or not.
    """

    customers: int
    training_customers: int
    unseen_share: float
    columns: list[Stability]
    outcomes: list[Outcome]
    warnings: list[str]


def run(
    *,
    project: str,
    location: str,
    bucket: str,
    as_of: str,
    run_id: str,
    max_query_gib: int,
    horizon_days: int,
    one_in: int,
    scoring_examples: Artifact,
    model: Artifact,
    predictions: Artifact,
    report: Artifact,
) -> None:
    """Monitor as the pipeline's step, which succeeds even if monitoring fails: predictions are written.

    Vertex AI fails a run for any task that fails, and has no optional tasks; a trigger policy would only let
    later tasks run. So this step alone catches any error in monitoring, and reports it three times: its
    traceback in the log, at ERROR; a warning in the step's record, from which record_run derives
    SUCCEEDED_WITH_WARNINGS and its alert; and the report. An error in writing the record is not caught, since
    nobody would see the warning. A process that is killed for its memory cannot catch anything either.
    """
    with step_record(project, bucket, run_id, "watch_predictions", max_query_gib) as counts:
        try:
            watch = watch_predictions(
                project=project,
                location=location,
                features_dataset=table_of(scoring_examples).dataset,
                warehouse_dataset=table_of(predictions).dataset,
                as_of=as_of,
                horizon_days=horizon_days,
                one_in=one_in,
                model_path=model.path,
                report_path=report.path,
            )
        except Exception as error:  # noqa: BLE001
            counts["warnings"] = [_tell_failure(error, Path(report.path))]
        else:
            counts.update(asdict(watch))
            report.metadata.update(report_figures(watch))
            for warning in watch.warnings:
                log("WARNING", warning)
        counts["report"] = report.path


def report_figures(watch: Watch) -> dict[str, float]:
    """Return the figures by which consoles compare runs: the shifts that can be compared, 0 being none."""
    shifts = {column.column: column.index for column in watch.columns if column.bounded}
    return {
        "customers": watch.customers,
        "unseen_share": watch.unseen_share,
        "score_shift": shifts[SCORE],
        "largest_shift": max(shifts.values()),
    }


@retry_transient
def watch_predictions(
    *,
    project: str,
    location: str,
    features_dataset: str,
    warehouse_dataset: str,
    as_of: str,
    horizon_days: int,
    model_path: str,
    report_path: str,
    one_in: int = 1,
) -> Watch:
    """Compare customers, judge past predictions, write both to their tables and a report, and return them.

    One customer in one_in was trained on: the newest cut-off had that many times as many. Raises StepError if
    there are no examples for the day or no model is saved in the folder model_path.
    """
    client, day = bigquery_client(project, location), parse_date(as_of)
    identifiers = {
        "project": project,
        "features_dataset": features_dataset,
        "warehouse_dataset": warehouse_dataset,
    }
    parameters: dict[str, Value] = {"as_of": day, "horizon_days": horizon_days}
    model = saved_model.load(Path(model_path)).served
    training = read_training_examples(client, project, features_dataset, day, horizon_days).newest
    customers, today = read_today(client, identifiers, parameters)
    scores = model.predict(training.features, training.newest_cutoff), model.predict(today, day)
    columns = compare(training.features, today, scores)
    keep_drift(client, identifiers, day, columns)
    outcomes = keep_outcomes(client, identifiers, parameters)
    recent = read_recent_sales(client, identifiers, parameters)
    training_customers = one_in * len(training.churned)
    watch = Watch(
        customers=customers,
        training_customers=training_customers,
        unseen_share=recent.unseen_share,
        columns=columns,
        outcomes=outcomes,
        warnings=[
            *find_pause(day, recent),
            *find_warnings(customers, training_customers, recent.unseen_share, columns, outcomes),
        ],
    )
    write_page(Path(report_path), FOLDER / "report.html", watch=watch, as_of=as_of, failure="")
    return watch


def _tell_failure(error: Exception, report: Path) -> str:
    """Log an error with its traceback, write it in place of the report, and return it as a warning."""
    cause = str(error).strip().partition("\n")[0]
    kind = "" if isinstance(error, StepError) else f"{type(error).__name__}: "
    warning = f"monitoring failed; the predictions are not affected: {kind}{cause}"
    log("ERROR", warning, stack_trace="".join(traceback.format_exception(error)))
    write_page(report, FOLDER / "report.html", watch=None, as_of="", failure=warning)
    return warning
