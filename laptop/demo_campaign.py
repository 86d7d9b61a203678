"""The campaign that generated customers respond to on a first run, so that there is an effect to measure.

Who is held out depends only on the campaign's name and the pseudonym, as in audience/queries/start.sql. It is
therefore known before anything is generated, and the campaign's sales are generated along with all others.
"""

import argparse
import hashlib
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date, timedelta
from importlib import import_module
from typing import Any

from components.shared.clients import bigquery_client
from components.shared.defaults import HORIZON_DAYS
from components.shared.names import DATASETS, LOCATION
from components.shared.pseudonyms import read_pseudonyms
from generators.campaign_response import CampaignResponse
from generators.population import Population
from generators.sales import documents
from laptop.options import sources_of
from laptop.state import BatchState
from laptop.trigger import Task

LOOK_BACK = "laptop.look_back"
FEATURES, DONE = "extract-features", ("SUCCEEDED", "SKIPPED")
HOLDOUT_SHARE = 0.5
RESPONDING_SHARE = 0.4  # share of the listed customers who have not left for good that buys once more
RESPONSE_DAYS = 30
LEAST_CUSTOMERS = 500  # with fewer, too few are held out to measure anything
LEAST_HORIZONS = 4  # of history: one to look back over, the others to judge a model of that day
LAPSED_AFTER_DAYS = 90  # as in dataform/workflow_settings.yaml; lapsed customers are not listed


@dataclass(frozen=True)
class DemoCampaign:
    """A campaign for a population: the day it starts on, and its length in days."""

    population: Population
    starts_on: date
    days: int

    @property
    def name(self) -> str:
        """The campaign's name."""
        return f"demo-{self.starts_on}"

    def response(self, project: str) -> CampaignResponse | None:
        """Return how customers respond to it; None if too few would be held out to measure it."""
        recent = sorted(self._bought(self.starts_on - timedelta(days=LAPSED_AFTER_DAYS), self.starts_on))
        if len(recent) < LEAST_CUSTOMERS:
            return None
        with bigquery_client(project, LOCATION) as client:
            rows = list(read_pseudonyms(client, project, DATASETS["keys"], recent))
        listed = {row.shop_id for row in rows if not is_held_out(self.name, row.customer_key, HOLDOUT_SHARE)}
        return CampaignResponse(self.starts_on, frozenset(listed), RESPONDING_SHARE, RESPONSE_DAYS)

    def retained(self, response: CampaignResponse) -> int:
        """Return how many customers bought in the window only because of the campaign."""
        closes_on = self.starts_on + timedelta(days=self.days)
        anyway = self._bought(self.starts_on, closes_on)
        return len(self._bought(self.starts_on, closes_on, response) - anyway)

    def _bought(self, first: date, end: date, response: CampaignResponse | None = None) -> set[str]:
        sales = documents(self.population, first, end - timedelta(days=1), response=response)
        return {sale["customer_id"] for _, sale in sales if sale["status"] == "completed"}


@dataclass(frozen=True)
class PlannedCampaign:
    """The campaign that a run shows, the response to it, and the warehouse's sources."""

    campaign: DemoCampaign
    response: CampaignResponse
    sources: str


class CampaignLookBack:
    """The look back at a planned campaign: what it needs is made alongside the run, which leaves a core free.

    It needs imports, the true effect and a model of the day on which the campaign started.
    """

    def __init__(self, planned: PlannedCampaign) -> None:
        """Start the work that needs nothing from the run."""
        self._planned = planned
        self._aside = ThreadPoolExecutor(1)
        self._aside.submit(import_module, LOOK_BACK)
        self._retained = self._aside.submit(planned.campaign.retained, planned.response)
        self._trained: Future[Any] | None = None

    def follow(self, tasks: Sequence[Task], project: str, run_id: str) -> None:
        """Follow the run's tasks: once it has features, train the earlier day's model."""
        if self._trained is None and any(task.name == FEATURES and task.state in DONE for task in tasks):
            self._trained = self._aside.submit(
                lambda: import_module(LOOK_BACK).train(project, run_id, self._planned.campaign)
            )

    def lines(self) -> list[tuple[str, str]]:
        """Look back once the run has ended; return the titles and texts of the lines to print."""
        name, sources = self._planned.campaign.name, self._planned.sources
        look_back = import_module(LOOK_BACK).look_back
        return list(look_back(self._trained, name, self._retained.result(), sources))


def plan_demo_campaign(
    options: argparse.Namespace, state: BatchState, as_of: date, project: str
) -> PlannedCampaign | None:
    """Return the campaign that a run shows; None for your own sales, and for every run but the first.

    Also None if there are too few customers or too little history, or if make campaign runs one itself.
    """
    days = options.horizon_days or HORIZON_DAYS
    generated = state.generated_through in ("", str(as_of - timedelta(days=1)))  # none, or by a failed run
    if options.sales or options.campaign or state.last_as_of or not generated:
        return None
    if options.days < LEAST_HORIZONS * days:
        return None
    state.campaign = options.customers, str(as_of - timedelta(days=days)), days
    return resume_demo_campaign(state, sources_of(options), project)


def resume_demo_campaign(state: BatchState, sources: str, project: str) -> PlannedCampaign | None:
    """Return the campaign that a run was to show and has not shown yet."""
    if state.campaign is None:
        return None
    customers, starts_on, days = state.campaign
    campaign = DemoCampaign(Population(customers), date.fromisoformat(starts_on), days)
    response = campaign.response(project)
    return PlannedCampaign(campaign, response, sources) if response else None


def is_held_out(campaign: str, customer_key: str, share: float) -> bool:
    """Return whether a campaign holds a customer out."""
    digest = hashlib.sha256(f"{campaign}/{customer_key}".encode()).hexdigest()
    return int(digest[:13], 16) / 2**52 < share
