"""Expected spend trained beside the churn model: judged on later time with what was known then."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from components.churn_model import saved_model
from components.churn_model.day import Customers, as_json, fit_whole_day, from_json, on_day
from components.churn_model.examples import MIXED, Examples, Money
from components.churn_model.expected_spend import fit_spend_day
from components.churn_model.features import NAMES
from components.churn_model.model import ChurnModel, Recipe, fit
from components.churn_model.purchase_model import fit_purchases
from components.churn_model.purchase_process import fit_process
from components.churn_model.spend_model import LEVELS
from components.churn_model.spend_season import SpendSeason
from components.train_churn_model import step
from components.train_churn_model.backtest import backtest
from components.train_churn_model.evaluation import as_of_newest, closed_before_newest
from components.train_churn_model.spend_evaluation import GAMMA_GAMMA, MODEL, SpendFigures
from components.train_churn_model.spend_metrics import judge_spend
from components.train_churn_model.spend_training import SpendHistory, measure_history
from components.train_churn_model.training import Trained, train

pytestmark = pytest.mark.long

HORIZON = 90
AS_OF = date(2025, 8, 29)
CUTOFFS = [AS_OF - timedelta(days=HORIZON + 30 * back) for back in range(9, -1, -1)]
HINT, MEAN = NAMES.index("items"), NAMES.index("spend_mean")


def paying(examples: Examples, seed: int = 3) -> Examples:
    """Return the examples with spend that depends on a feature that gamma-gamma does not read."""
    generator = np.random.default_rng(seed)
    features = np.nan_to_num(examples.features, nan=1.0)
    customers = len(features)
    features[:, HINT] = generator.integers(1, 9, customers)
    spent = np.where(examples.churned, 0.0, features[:, HINT] * generator.gamma(5, 2, customers))
    features[:, MEAN] = generator.gamma(5, 9, customers)
    return replace(examples, features=features, money=Money(spent.round(2), np.full(customers, "EUR")))


@pytest.fixture(scope="module")
def examples(made_up: Callable[..., Examples]) -> Examples:
    return paying(made_up(500, CUTOFFS))


@pytest.fixture(scope="module")
def churn(examples: Examples) -> ChurnModel:
    fitted = fit(closed_before_newest(examples, HORIZON), Recipe.LINEAR, HORIZON)
    return as_of_newest(fitted, examples.newest, fit_purchases(examples.newest.features))


@pytest.fixture(scope="module")
def judged(examples: Examples, history: SpendHistory, churn: ChurnModel) -> SpendFigures:
    figures = history.judge(churn, closed_before_newest(examples, HORIZON), examples.newest)
    assert figures is not None
    return figures


def test_trees_find_what_gamma_gamma_does_not_read(judged: SpendFigures) -> None:
    assert judged.against[GAMMA_GAMMA].low > 0.02
    assert judged.cutoff_date == CUTOFFS[-1]
    assert set(judged.figures) == {MODEL, GAMMA_GAMMA, "last horizon's spend", "last year's pace"}


def test_the_figures_are_those_of_a_model_fitted_to_what_was_known_then(
    examples: Examples, history: SpendHistory, churn: ChurnModel, judged: SpendFigures
) -> None:
    closed = examples.take(examples.cutoff_dates <= np.datetime64(CUTOFFS[-1] - timedelta(days=HORIZON)))
    spend = history.fit(closed, CUTOFFS[-1])
    assert spend is not None
    assert (spend.season.cutoff_dates <= np.datetime64(CUTOFFS[-1] - timedelta(days=HORIZON))).all()
    test = examples.newest
    assert test.money is not None
    day = fit_spend_day(churn, spend, test.features, test.money.currencies, CUTOFFS[-1])
    said = day.predict(test.features, test.money.currencies, churn.predict(test.features, CUTOFFS[-1]))
    assert judged.figures[MODEL] == judge_spend(test.money.spent, said.expected)
    assert judged.figures[MODEL]["bias"] == pytest.approx(said.expected.sum() / test.money.spent.sum() - 1)


def test_a_buyers_spend_is_half_the_trees_and_half_gamma_gammas_unless_saved_earlier(
    examples: Examples, history: SpendHistory
) -> None:
    spend, rows = history.fit(examples, AS_OF), examples.newest.features
    assert spend is not None
    assert spend.trees is not None
    process = fit_process(rows)
    by_process = process.spend_of_buyers(rows, HORIZON)
    by_trees = spend.kept * spend.trees.predict(rows[:, spend.columns])
    assert spend.of_buyers(rows, process) == pytest.approx((by_trees + by_process) / 2)
    assert replace(spend, process_share=0.0).of_buyers(rows, process) == pytest.approx(by_trees)
    # The spread is measured around the same mean.
    assert examples.money is not None
    bought = examples.money.spent > 0
    expected = spend.of_buyers(examples.features[bought], process)
    middle = np.median(np.log(examples.money.spent[bought] / expected))
    assert np.interp(0.5, LEVELS, spend.around) == pytest.approx(middle, abs=0.02)


@pytest.mark.parametrize(("later", "share"), [(0.4, 1.0), (0.1, (0.5 + 3 / 2) / (1 + 3)), (-0.2, 0.0)])
def test_without_a_known_year_the_total_departs_from_the_process_as_differences_last(
    examples: Examples, history: SpendHistory, churn: ChurnModel, later: float, share: float
) -> None:
    spend, test = history.fit(examples, AS_OF), examples.newest
    assert spend is not None
    assert test.money is not None
    days = np.array(CUTOFFS[-6:], dtype="datetime64[D]")
    season = SpendSeason(days, np.array([0.2] * 3 + [later] * 3), np.full(6, 100.0))
    customers = (test.features, test.money.currencies)
    day = fit_spend_day(churn, replace(spend, season=season), *customers, CUTOFFS[-1])
    silent = churn.predict(test.features, CUTOFFS[-1])
    total = day.predict(*customers, silent).expected.sum()
    own = ((1 - silent) * spend.of_buyers(test.features, day.process)).sum()
    by_process = day.process.spend(test.features, HORIZON).sum()
    assert not day.fit.known_year
    assert abs(np.log(own / by_process)) > 0.01
    assert total == pytest.approx(by_process * (own / by_process) ** share)


def test_later_data_change_no_figure_of_a_date(examples: Examples, history: SpendHistory) -> None:
    assert examples.money is not None
    late = examples.cutoff_dates > np.datetime64(CUTOFFS[-4])
    spent = np.where(late, examples.money.spent * 9, examples.money.spent)
    otherwise = replace(examples, money=replace(examples.money, spent=spent))
    other_history = measure_history(otherwise, HORIZON)
    one, other = (
        [
            past.spend
            for past in backtest(these, AS_OF, HORIZON, spend_history)
            if past.cutoff_date <= CUTOFFS[-4]
        ]
        for these, spend_history in ((examples, history), (otherwise, other_history))
    )
    assert len(one) >= 2
    assert one == other


def test_customers_of_several_currencies_are_not_trained_on_and_get_no_sum(
    examples: Examples, churn: ChurnModel
) -> None:
    assert examples.money is not None
    mixed = np.arange(len(examples.churned)) % 3 == 0
    money = Money(
        np.where(mixed, np.nan, examples.money.spent), np.where(mixed, MIXED, examples.money.currencies)
    )
    some = replace(examples, money=money)
    history = measure_history(some, HORIZON)
    without = measure_history(examples.take(~mixed), HORIZON)
    assert history is not None
    assert without is not None
    assert history.units == without.units == {"EUR": 1.0}
    assert np.array_equal(history.season.log_ratios, without.season.log_ratios)
    spend = history.fit(some, AS_OF)
    assert spend is not None
    customers = Customers(some.newest.features, some.newest.money.currencies if some.newest.money else money)
    day = fit_whole_day(churn, spend, customers, AS_OF)
    stands = on_day(churn, day)
    told = fit_spend_day(stands, spend, *customers, AS_OF).predict(
        *customers, stands.predict(customers.features, AS_OF)
    )
    is_mixed = customers.currencies == MIXED
    assert np.isnan(told.expected).tolist() == np.isnan(told.at_risk).tolist() == is_mixed.tolist()
    assert np.isnan(told.high[is_mixed]).all()
    assert (told.expected[~is_mixed] > 0).all()
    again = from_json(as_json(day, churn.version), churn.version)
    assert again == day


def test_without_spend_no_spend_model_is_trained(made_up: Callable[..., Examples]) -> None:
    plain = made_up(60, CUTOFFS[-1:])
    assert measure_history(plain, HORIZON) is None
    nothing = Money(np.full(60, np.nan), np.full(60, "EUR"))
    assert measure_history(replace(plain, money=nothing), HORIZON) is None


def test_training_saves_the_spend_model_and_how_it_was_judged(
    examples: Examples, judged: SpendFigures, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("spend")
    trained = train(examples, AS_OF, HORIZON, folder, None)
    spend = trained.result.spend
    assert spend is not None
    assert spend.newest is not None
    assert spend.newest.figures[GAMMA_GAMMA] == pytest.approx(judged.figures[GAMMA_GAMMA])
    assert spend.spread[MODEL]["gini"].dates == len(trained.result.backtest) + 1
    assert spend.spread[MODEL]["bias"].mean >= 0
    saved = saved_model.load(folder)
    assert saved.manifest["spend"]["figures"] == spend.figures
    assert saved.manifest["spend"]["decision"] == spend.decision
    assert saved.manifest["spend"]["promoted"] is spend.promoted is True
    assert "on average over 4 dates" in spend.decision
    assert saved.spend_model is not None
    assert saved.spend_model.trees is not None
    assert saved.judged_spend_model is not None
    assert saved.judged_spend_model.season.cutoff_dates.max() <= np.datetime64(
        CUTOFFS[-1] - timedelta(HORIZON)
    )
    assert saved.day_spend is None
    customers = Customers(examples.newest.features, np.full(500, "EUR"))
    day = fit_whole_day(saved.served, saved.spend_model, customers, AS_OF)
    saved_model.keep_day(folder, day, saved.served.version)
    day_spend = saved_model.load(folder).day_spend
    assert day_spend is not None
    silent = np.full(500, 0.3)
    own = fit_spend_day(on_day(trained.served, day), trained.spend_model, *customers, AS_OF)  # type: ignore[arg-type]
    for one, other in zip(
        vars(day_spend.predict(*customers, silent)).values(),
        vars(own.predict(*customers, silent)).values(),
        strict=True,
    ):
        assert np.array_equal(one, other, equal_nan=True)


def test_different_spend_is_another_version(examples: Examples) -> None:
    assert examples.money is not None
    more = replace(examples, money=replace(examples.money, spent=examples.money.spent + 1))
    versions = {fit(these, Recipe.FALLBACK, HORIZON).version for these in (examples, more)}
    assert len(versions) == 2


def test_a_champion_without_a_spend_model_serves_with_the_newest_one(
    examples: Examples, history: SpendHistory, churn: ChurnModel, tmp_path: Path
) -> None:
    saved_model.save(tmp_path / "champion", churn, None, {"as_of": "2025-01-01"})
    spend = history.fit(examples, AS_OF)
    assert spend is not None
    newer = SimpleNamespace(model_version="churn-000000000000")
    trained = Trained(newer, churn, spend, {}, None)  # type: ignore[arg-type]
    step._put_served(trained, tmp_path / "challenger", str(tmp_path / "champion"), tmp_path / "model")
    served = saved_model.load(tmp_path / "model")
    assert served.served.version == churn.version
    assert served.manifest["as_of"] == "2025-01-01"
    assert served.spend_model is not None
    assert np.array_equal(served.spend_model.around, spend.around)
    saved_model.save(tmp_path / "champion", churn, None, {}, replace(spend, kept=7.0))
    step._put_served(trained, tmp_path / "challenger", str(tmp_path / "champion"), tmp_path / "own")
    own = saved_model.load(tmp_path / "own").spend_model
    assert own is not None
    assert own.kept == 7.0
