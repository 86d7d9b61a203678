"""Train the churn model on past cut-offs, judge it on outcomes it has not seen, and write a report."""

import shutil
import tempfile
from pathlib import Path
from typing import Any

from components.churn_model import saved_model
from components.churn_model.day import fit_whole_day, read_sample
from components.churn_model.reading import read_training_examples
from components.shared.artifacts import Artifact, table_of
from components.shared.clients import bigquery_client
from components.shared.dates import parse_date
from components.shared.errors import StepError
from components.shared.logs import log
from components.shared.retries import retry_transient
from components.shared.run_record import step_record
from components.train_churn_model.gate import Champion
from components.train_churn_model.registry import Registry
from components.train_churn_model.report import write_model_card, write_report
from components.train_churn_model.training import Trained, TrainingResult, counts_of, train


def run(
    *,
    project: str,
    location: str,
    bucket: str,
    as_of: str,
    run_id: str,
    max_query_gib: int,
    horizon_days: int,
    training_examples: Artifact,
    scoring_examples: Artifact,
    model: Artifact,
    metrics: Any,
    classification: Any,
    report: Artifact,
    model_card: Artifact,
) -> None:
    """Train as the pipeline's step: read the champion, register the challenger, fill the artifacts."""
    day = parse_date(as_of)
    registry = Registry(project, location, bucket, horizon_days)
    with (
        step_record(project, bucket, run_id, "train_churn_model", max_query_gib) as counts,
        tempfile.TemporaryDirectory() as folder,
    ):
        challenger, champion = Path(folder) / "challenger", Path(folder) / "champion"
        has_champion = registry.fetch_champion(day, champion)
        result = train_churn_model(
            project=project,
            location=location,
            as_of=as_of,
            horizon_days=horizon_days,
            features_dataset=table_of(training_examples).dataset,
            scoring_dataset=table_of(scoring_examples).dataset,
            champion_path=str(champion) if has_champion else "",
            challenger_path=str(challenger),
            model_path=model.path,
            report_path=report.path,
            model_card_path=model_card.path,
        )
        counts["model_resource"] = registry.register(challenger, day, result.promoted)
        registry.keep_day(Path(model.path), result.served_version, day)
        counts.update(counts_of(result), report=report.path)
        model.metadata.update(
            framework="scikit-learn",
            version=result.served_version,
            recipe=result.served_recipe,
            **({"warning": "; ".join(result.warnings)} if result.warnings else {}),
            **(result.served_metrics or {}),
        )
        for warning in result.warnings:
            log("WARNING", warning)
        for name, value in (result.metrics | (result.spend.figures if result.spend else {})).items():
            metrics.log_metric(name, value)
        curve = result.roc_curve
        classification.log_roc_curve(curve.false_positive_rate, curve.true_positive_rate, curve.threshold)
        classification.log_confusion_matrix(["stayed", "churned"], result.confusion_matrix)


@retry_transient
def train_churn_model(
    *,
    project: str,
    location: str,
    features_dataset: str,
    as_of: str,
    horizon_days: int,
    challenger_path: str,
    model_path: str,
    report_path: str,
    model_card_path: str,
    scoring_dataset: str = "",
    champion_path: str = "",
) -> TrainingResult:
    """Write the challenger, the model to serve, a report and a model card; return the recipe's result.

    The model to serve is fitted to the customers to score, read from features_dataset unless scoring_dataset
    is given.

    It is the challenger if promoted, else the champion; if no champion can be read, the challenger or its
    MBG/NBD alone, whichever was judged better. Raises StepError if there are no examples, if an outcome had
    not closed by as_of, or if the newest cut-off has fewer than two customers of either class.
    """
    day = parse_date(as_of)
    client = bigquery_client(project, location)
    examples = read_training_examples(client, project, features_dataset, day, horizon_days)
    champion = _champion(champion_path)
    trained = train(examples, day, horizon_days, Path(challenger_path), champion)
    result = trained.result
    _put_served(trained, Path(challenger_path), champion_path, Path(model_path))
    customers = read_sample(client, project, scoring_dataset or features_dataset, day, horizon_days)
    if customers is not None:
        saved = saved_model.load(Path(model_path))
        fitted = fit_whole_day(trained.served, saved.spend_model, customers, day)
        saved_model.keep_day(Path(model_path), fitted, trained.served.version)
    write_report(Path(report_path), result, trained.evaluation, as_of, horizon_days)
    write_model_card(Path(model_card_path), result, as_of, horizon_days)
    return result


def _put_served(trained: Trained, challenger: Path, champion_path: str, target: Path) -> None:
    """Put the files of the model that serves where the pipeline expects them."""
    served, result = trained.served, trained.result
    if served.version == result.model_version:
        shutil.copytree(challenger, target, dirs_exist_ok=True)
    elif served.version.startswith(f"{result.model_version}-"):  # its MBG/NBD alone, or the base rate
        saved_model.save(target, served, None, trained.facts, trained.spend_model)
    else:
        shutil.copytree(champion_path, target, dirs_exist_ok=True)
        champion = saved_model.load(target)
        if champion.spend_model is None:  # from a release without spend models
            saved_model.save(target, champion.served, champion.judged, champion.manifest, trained.spend_model)


def _champion(path: str) -> Champion | None:
    """Return the champion; None if this version of the code cannot read it, so that some model serves."""
    if not path:
        return None
    try:
        champion = saved_model.load(Path(path))
    except StepError as error:
        log("WARNING", f"the champion can no longer serve: {error}")
        return None
    return Champion(champion.served, champion.judged, champion.spend_model, champion.judged_spend_model)
