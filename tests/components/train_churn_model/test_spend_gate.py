"""Which spend model a new version has: its own trees, the champion's, or gamma-gamma."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from html import unescape
from pathlib import Path

import numpy as np
import pytest

from components.churn_model import saved_model
from components.churn_model.examples import Examples, Money
from components.churn_model.features import NAMES
from components.churn_model.model import Recipe
from components.churn_model.saved_model import SavedModel
from components.churn_model.spend_model import SpendModel
from components.train_churn_model.evaluation import Evaluation, closed_before_newest, evaluate
from components.train_churn_model.gate import Champion
from components.train_churn_model.intervals import Interval
from components.train_churn_model.report import write_model_card, write_report
from components.train_churn_model.spend_challenger import TrainedSpend, train_spend
from components.train_churn_model.spend_evaluation import (
    CHAMPIONS_TREES,
    GAMMA_GAMMA,
    MODEL,
    PACE,
    SpendFigures,
)
from components.train_churn_model.spend_gate import SpendDecision, decide_spend
from components.train_churn_model.spend_training import SpendHistory
from components.train_churn_model.training import train

pytestmark = pytest.mark.long

HORIZON = 90
AS_OF = date(2025, 8, 29)
CUTOFFS = [AS_OF - timedelta(days=HORIZON + 30 * back) for back in range(9, -1, -1)]
EVEN = Interval(0.0, -0.01, 0.01)
BEHIND = Interval(-0.02, -0.03, -0.01)


def figures(*behind: str, trees: bool = True, **ginis: float) -> SpendFigures:
    """Return a date's figures, with Ginis by method's first letter; the trees are clearly behind `behind`."""
    names = {"m": MODEL, "g": GAMMA_GAMMA, "p": PACE, "c": CHAMPIONS_TREES}
    by_name = {names[letter]: {"gini": gini} for letter, gini in ginis.items()}
    against = {name: BEHIND if name in behind else EVEN for name in by_name if name != MODEL}
    return SpendFigures(CUTOFFS[-1], 100, by_name, against, trees, True, 0.8, 0.5, 0.8)


GOOD = figures(m=0.8, g=0.78, p=0.7)


def decided(newest: SpendFigures | None, *past: SpendFigures) -> SpendDecision:
    return decide_spend(newest, past)


def test_trees_that_rank_no_worse_are_promoted() -> None:
    decision = decided(GOOD, GOOD, replace(GOOD, figures=figures(m=0.8, g=0.75, p=0.7).figures))
    assert decision.promoted
    assert decision.sentence == (
        "Its trees predict spend: a difference in Gini of 0.0000 (-0.0100 to 0.0100) against MBG/NBD x "
        "gamma-gamma, +0.0300 on average over 3 dates; a difference in Gini of 0.0000 (-0.0100 to 0.0100) "
        "against last year's pace, +0.1000 on average over 3 dates."
    )
    assert "mean" not in decided(GOOD, GOOD).sentence


@pytest.mark.parametrize(
    ("newest", "past", "serves", "words"),
    [
        (
            figures(GAMMA_GAMMA, m=0.76, g=0.78, p=0.7),
            [],
            GAMMA_GAMMA,
            "Gini of -0.0200 (-0.0300 to -0.0100)",
        ),
        (figures(m=0.8, g=0.7, p=0.7), [figures(m=0.6, g=0.7, p=0.5)] * 2, GAMMA_GAMMA, "-0.0333 against"),
        (figures(m=0.8, g=0.7, p=0.7), [figures(m=0.6, g=0.7, p=0.5)], MODEL, "Its trees predict"),
        (figures(PACE, m=0.7, g=0.7, p=0.72), [], MODEL, "last year's pace. They serve nevertheless"),
        (figures(m=0.8, g=0.7, p=0.7), [figures(m=0.6, g=0.5, p=0.8)] * 2, MODEL, "over 3 dates. They serve"),
    ],
    ids=["clearly behind", "behind over dates", "two dates tell too little", "pace", "pace over dates"],
)
def test_trees_yield_to_gamma_gamma_but_not_to_pace(
    newest: SpendFigures, past: list[SpendFigures], serves: str, words: str
) -> None:
    decision = decided(newest, *past)
    assert decision.serves == serves
    assert words in decision.sentence


@pytest.mark.parametrize(
    ("newest", "serves"),
    [
        (figures(m=0.8, g=0.78, p=0.7, c=0.81), MODEL),
        (figures(CHAMPIONS_TREES, m=0.8, g=0.78, p=0.7, c=0.82), CHAMPIONS_TREES),
        (figures(GAMMA_GAMMA, m=0.76, g=0.78, p=0.7, c=0.79), CHAMPIONS_TREES),
        (figures(GAMMA_GAMMA, m=0.76, g=0.78, p=0.7, c=0.77), GAMMA_GAMMA),
        (figures(PACE, m=0.7, g=0.7, p=0.72, c=0.71), CHAMPIONS_TREES),
        (figures(PACE, m=0.7, g=0.7, p=0.72, c=0.69), MODEL),
    ],
    ids=[
        "no worse",
        "clearly behind it",
        "it is ahead",
        "both are behind",
        "pace won",
        "pace won, it is behind",
    ],
)
def test_the_champions_trees_stay_where_the_new_ones_lose(newest: SpendFigures, serves: str) -> None:
    decision = decided(newest)
    assert decision.serves == serves
    assert ("The champion's trees keep" in decision.sentence) is (serves == CHAMPIONS_TREES)


def test_gamma_gamma_serves_where_trees_were_not_judged() -> None:
    for newest in (None, figures(m=0.8, g=0.7, p=0.7, trees=False)):
        decision = decided(newest, GOOD, GOOD)
        assert decision.serves == GAMMA_GAMMA
        assert "too few purchases" in decision.sentence
    # A date without trees does not count either.
    without = replace(figures(m=0.1, g=0.7, p=0.7), trees=False)
    assert decided(GOOD, without, without, without).promoted


@pytest.fixture(scope="module")
def examples(made_up: Callable[..., Examples]) -> Examples:
    """Return examples of buyers whose spend depends on a feature that gamma-gamma does not read."""
    plain = made_up(500, CUTOFFS)
    generator = np.random.default_rng(3)
    features = np.nan_to_num(plain.features, nan=1.0)
    hint = generator.integers(1, 9, len(features))
    features[:, NAMES.index("items")] = hint
    features[:, NAMES.index("spend_mean")] = generator.gamma(5, 9, len(features))
    spent = np.where(plain.churned, 0.0, hint * generator.gamma(5, 2, len(features)))
    return replace(plain, features=features, money=Money(spent.round(2), np.full(len(features), "EUR")))


@pytest.fixture(scope="module")
def evaluation(examples: Examples) -> Evaluation:
    return evaluate(examples, Recipe.LINEAR, HORIZON)


@pytest.fixture(scope="module")
def knowing(examples: Examples, history: SpendHistory) -> SpendModel:
    """Return trees of all closed cut-offs, with outdated totals."""
    fitted = history.fit(closed_before_newest(examples, HORIZON), CUTOFFS[-1])
    assert fitted is not None
    return replace(fitted, season=history.season.closed_by(CUTOFFS[0], HORIZON))


def misled(examples: Examples) -> Examples:
    """Return the examples with spend shuffled among the buyers."""
    assert examples.money is not None
    spent = examples.money.spent.copy()
    buyers = np.flatnonzero(spent > 0)
    spent[buyers] = spent[np.random.default_rng(0).permutation(buyers)]
    return replace(examples, money=replace(examples.money, spent=spent))


def trained(
    history: SpendHistory, examples: Examples, judged: Evaluation, champion: Champion | None
) -> TrainedSpend:
    return train_spend(history, examples, AS_OF, judged, [], champion)


def test_a_twin_that_ranks_clearly_better_keeps_the_champions_trees(
    history: SpendHistory, examples: Examples, evaluation: Evaluation, knowing: SpendModel
) -> None:
    served = evaluation.models[0][0]
    champion = Champion(served, served, replace(knowing, kept=7.0), knowing)
    spend = trained(history, misled(examples), evaluation, champion)
    assert spend.decision.serves == CHAMPIONS_TREES
    assert spend.model is not None
    assert spend.model.kept == 7.0
    assert spend.judged is knowing
    # The trees are the champion's, the totals those known by now.
    assert np.array_equal(spend.model.season.cutoff_dates, history.season.closed_by(AS_OF, 90).cutoff_dates)


def test_a_champion_that_is_no_rival_changes_nothing(
    history: SpendHistory, examples: Examples, evaluation: Evaluation, knowing: SpendModel
) -> None:
    served = evaluation.models[0][0]
    alone = trained(history, examples, evaluation, None)
    assert alone.decision.promoted
    for judged in (None, replace(knowing, trees=None)):
        spend = trained(history, examples, evaluation, Champion(served, served, knowing, judged))
        assert spend.decision == alone.decision
        assert spend.newest == alone.newest


def test_without_later_time_gamma_gamma_serves(history: SpendHistory, examples: Examples) -> None:
    judged = evaluate(examples.newest, Recipe.LINEAR, HORIZON)
    spend = trained(history, examples, judged, None)
    assert spend.decision.serves == GAMMA_GAMMA
    assert spend.model is not None
    assert spend.model.trees is spend.judged is None


@pytest.fixture(scope="module")
def first(examples: Examples, tmp_path_factory: pytest.TempPathFactory) -> SavedModel:
    """Return what a training without a champion has saved."""
    folder = tmp_path_factory.mktemp("first")
    train(examples, AS_OF, HORIZON, folder, None)
    return saved_model.load(folder)


def test_a_repeated_training_keeps_what_the_first_one_decided(
    first: SavedModel, examples: Examples, tmp_path: Path
) -> None:
    champion = Champion(first.served, first.judged, first.spend_model, first.judged_spend_model)
    spend = train(examples, AS_OF, HORIZON, tmp_path, champion).result.spend
    assert spend is not None
    assert spend.promoted is first.manifest["spend"]["promoted"] is True
    assert "a difference in Gini of 0.0000 (0.0000 to 0.0000) against the champion's trees" in spend.decision
    again = saved_model.load(tmp_path).spend_model
    assert first.spend_model is not None
    assert again is not None
    assert np.array_equal(again.around, first.spend_model.around)


def test_a_churn_model_that_stays_champion_keeps_its_spend_model(
    first: SavedModel, examples: Examples, tmp_path: Path
) -> None:
    served = replace(first.served, version="churn-000000000000")
    champion = Champion(served, first.judged, first.spend_model, first.judged_spend_model)
    trained = train(examples, AS_OF, HORIZON, tmp_path, champion)
    result = trained.result
    assert result.served_version == served.version
    assert result.spend is not None
    assert not result.spend.promoted
    assert result.spend.decision.endswith("churn-000000000000 stays champion and keeps its own spend model.")
    write_report(tmp_path / "report.html", result, trained.evaluation, str(AS_OF), HORIZON)
    write_model_card(tmp_path / "model_card.md", result, str(AS_OF), HORIZON)
    report, card = ((tmp_path / name).read_text() for name in ("report.html", "model_card.md"))
    assert result.spend.decision in unescape(report)
    assert result.spend.decision in card
    assert "<th>the champion&#39;s trees</th>" in report
    assert "+0.0000 (+0.0000 to +0.0000)" in report
