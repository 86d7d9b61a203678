"""The backtest of a first run on generated sales: what was predicted a horizon ago, and what happened.

The pipeline's own steps make the predictions from what was known on that earlier day. That day's model is
judged only by the outcomes and never serves. A campaign that started that day is measured.
"""

import tempfile
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from google.cloud.bigquery import Client
from google.cloud.dataform_v1 import InvocationConfig, Target

from audience.effects import measure
from audience.lists import Choice, start
from audience.verdicts import Effect
from audience.warehouse import Warehouse
from components.churn_model import saved_model
from components.churn_model.day import fit_whole_day, read_sample
from components.churn_model.model import choose_recipe, fit
from components.churn_model.reading import read_training_examples
from components.extract_features.step import extract_features
from components.run_dataform.configuration import configuration
from components.shared.clients import bigquery_client
from components.shared.errors import StepError
from components.shared.names import BUCKET, DATASETS, LOCATION
from components.shared.queries import Value
from components.train_churn_model.registry import Registry
from components.train_churn_model.spend_training import measure_history
from components.watch_predictions.outcomes import Outcome, keep_outcomes
from components.write_predictions.step import write_predictions
from laptop.demo_campaign import HOLDOUT_SHARE, RESPONDING_SHARE, DemoCampaign
from laptop.warehouse import build

CUTOFFS = 4  # fewer than a run uses: enough to train on, and seconds faster
THEN = "winter_days_then"  # the dataset of the list as of the earlier day, while the campaign is started
CALLS = "bi_customers_to_call"
TOP = 10_000  # everybody who is ranked
POINTS = 0.03  # the effect on churn to detect

type Lines = Iterator[tuple[str, str]]
type Trained = tuple[LookBack, tempfile.TemporaryDirectory[str]]


@dataclass(frozen=True)
class LookBack:
    """An earlier day in a run's project: `on`, whose window of horizon_days closes on the day of the run."""

    project: str
    run_id: str
    on: date
    horizon_days: int

    @property
    def closes_on(self) -> date:
        """The day of the run."""
        return self.on + timedelta(days=self.horizon_days)

    @property
    def _arguments(self) -> dict[str, Any]:
        return {
            "project": self.project,
            "location": LOCATION,
            "features_dataset": DATASETS["features"],
            "warehouse_dataset": DATASETS["warehouse"],
            "as_of": self.on.isoformat(),
            "horizon_days": self.horizon_days,
        }

    def train(self) -> tempfile.TemporaryDirectory[str]:
        """Return a folder with the earlier day's model, trained on the warehouse's sales."""
        extract_features(**self._arguments, cutoffs=CUTOFFS)
        folder = tempfile.TemporaryDirectory()
        self._train(Path(folder.name))
        return folder

    def predict(self, model: Path) -> Outcome:
        """Predict as known on the earlier day, and return the outcome."""
        scored_at = datetime.now(UTC).isoformat()
        write_predictions(**self._arguments, model_path=str(model), run_id=self.run_id, scored_at=scored_at)
        return self._outcome()

    def _train(self, folder: Path) -> None:
        """Train the earlier day's model into a folder, and store it so that its scores can be explained."""
        day = self.on, self.horizon_days
        with bigquery_client(self.project, LOCATION) as client:
            examples = read_training_examples(client, self.project, DATASETS["features"], *day)
            customers = read_sample(client, self.project, DATASETS["features"], *day)
        if customers is None:
            raise StepError(f"no customer was known on {self.on}")
        model = fit(examples, choose_recipe(examples.newest.rarer), self.horizon_days)
        history = measure_history(examples, self.horizon_days)
        spend = history.fit(examples, self.on) if history else None
        saved_model.save(folder, model, None, {"as_of": self.on}, spend)
        saved_model.keep_day(folder, fit_whole_day(model, spend, customers, self.on), model.version)
        registry = Registry(self.project, LOCATION, BUCKET, self.horizon_days)
        registry.keep(folder, model.version)
        registry.keep_day(folder, model.version, self.on)

    def _outcome(self) -> Outcome:
        identifiers = {"project": self.project, "warehouse_dataset": DATASETS["warehouse"]}
        closed: dict[str, Value] = {"as_of": self.closes_on, "horizon_days": self.horizon_days}
        with bigquery_client(self.project, LOCATION) as client:
            found = keep_outcomes(client, identifiers, closed)
        return next(each for each in found if each.prediction_date == self.on)

    def campaign(self, name: str, sources: str) -> list[Effect]:
        """Start a campaign as known on the earlier day, measure it on the day of the run, and keep both.

        If it has been started before, it is measured again.
        """
        with bigquery_client(self.project, LOCATION) as client:
            warehouse = Warehouse(client, DATASETS)
            [known] = warehouse.ask("campaign", {"campaign": name})
            if not known["started_on"]:
                with self._build_past_list(client, sources) as dataset:
                    start(Warehouse(client, DATASETS | {"bi": dataset}), name, Choice(TOP), HOLDOUT_SHARE)
            return measure(warehouse, name, POINTS)

    @contextmanager
    def _build_past_list(self, client: Client, sources: str) -> Iterator[str]:
        """Yield a dataset with the list as of the earlier day; the dashboards' dataset stays as of today."""
        datasets = DATASETS | {"bi": THEN}
        settings = configuration(self.project, LOCATION, BUCKET, datasets, sources, self.on.isoformat())
        wanted = [Target(database=self.project, schema=THEN, name=CALLS)]
        try:
            if failures := build(self.project, settings, InvocationConfig(included_targets=wanted)):
                raise StepError("; ".join(failures))
            yield THEN
        finally:
            client.delete_dataset(THEN, delete_contents=True, not_found_ok=True)


def train(project: str, run_id: str, campaign: DemoCampaign) -> Trained:
    """Train the model of the day on which a campaign started, from the warehouse of a run in progress."""
    then = LookBack(project, run_id, campaign.starts_on, campaign.days)
    return then, then.train()


def look_back(trained: Future[Trained], campaign: str, retained: int, sources: str) -> Lines:
    """Look back once a run has ended, and yield the title and the text of each line to print.

    `retained` customers would have left without the campaign. What cannot be measured is reported, and does
    not affect the run.
    """
    try:
        then, model = trained.result()
        with model as folder:
            yield "backtest", _describe_outcome(then.predict(Path(folder)), then.closes_on)
        effects = then.campaign(campaign, sources)
    except StepError as error:
        yield "backtest", f"incomplete: {error}"
        return
    [churn] = [effect for effect in effects if effect.measure == "churn"]
    yield "campaign", f"{campaign}: {_measured(churn)}"
    yield "", _truth(churn, retained)


def _describe_outcome(outcome: Outcome, closes_on: date) -> str:
    expected, left = (round(outcome.customers * share) for share in (outcome.predicted, outcome.churned))
    return (
        f"as of {outcome.prediction_date}: of {outcome.customers:,} customers, {expected:,} were expected to "
        f"churn before {closes_on} and {left:,} did"
    )


def _measured(churn: Effect) -> str:
    if churn.difference is None or churn.difference_low is None or churn.difference_high is None:
        return churn.sentence
    low, best, high = (
        -100 * each for each in (churn.difference_high, churn.difference, churn.difference_low)
    )
    return (
        f"churn {churn.listed_mean:.1%} of {churn.listed:,} listed, {churn.held_out_mean:.1%} of "
        f"{churn.held_out:,} held out: {best:z.1f} per 100 retained ({low:z.1f} to {high:z.1f})"
    )


def _truth(churn: Effect, retained: int) -> str:
    return (
        f"true effect {100 * retained / churn.listed:.1f} per 100: {RESPONDING_SHARE:.0%} of listed "
        "customers still active were simulated to buy once more"
    )
