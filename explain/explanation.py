"""Why a customer got a score: what was known, what each feature, member and reason says, and the replay."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
from scipy.special import expit

from components.churn_model.examples import Floats
from components.churn_model.features import FEATURES, NAMES
from components.churn_model.model import ChurnModel
from components.churn_model.saved_model import SavedModel
from components.shared.errors import StepError
from explain import replay, stored
from explain.places import Places, Row
from explain.replay import Difference
from explain.stored import Past, Peers, Prediction

EQUAL, DIFFERENT, IMPOSSIBLE = "equal", "different", "impossible"


@dataclass(frozen=True)
class Feature:
    """A feature as it was scored, as it is recomputed, and what it means."""

    name: str
    value: Any
    again: Any
    meaning: str


@dataclass(frozen=True)
class Member:
    """A member's prediction, and its part in the blend: weight times log odds."""

    name: str
    probability: float
    log_odds: float
    weight: float
    part: float


@dataclass(frozen=True)
class Blend:
    """The members, what last year's season adds, and the resulting log odds and probability."""

    members: list[Member]
    season: float
    log_odds: float
    probability: float


@dataclass(frozen=True)
class Ground:
    """A feature behind a reason, and what it adds to the log odds relative to a typical customer."""

    feature: str
    value: Any
    adds: float


@dataclass(frozen=True)
class Reason:
    """A reason in words, its family of features, and what they add to the log odds."""

    sentence: str
    family: str
    adds: float
    grounds: list[Ground]


@dataclass(frozen=True)
class Replay:
    """Whether the stored score can be reproduced: the outcome, what differs, or what prevents it."""

    outcome: str
    differences: list[Difference]
    problem: str = ""


@dataclass(frozen=True)
class Explanation:
    """The whole explanation; if no model can be loaded, there is no blend and no reason has grounds.

    features_kept says whether the row that was scored is still stored; otherwise the features are the
    recomputed ones. peers are the customers whose amounts can be compared, None if the customer's own are
    unknown; interval_level is the level of the expected spend's interval, None if it cannot be recomputed.
    """

    prediction: Prediction
    peers: Peers | None
    interval_level: float | None
    past: Past
    features_kept: bool
    features: list[Feature]
    blend: Blend | None
    reasons: list[Reason]
    replay: Replay


def explain(
    places: Places, customer_key: str, on: date, tell: Callable[[str], None] = lambda _: None
) -> Explanation:
    """Return the explanation of a customer's score on a day; raise StepError if there is no score.

    tell is called with a description of each stage before it starts.
    """
    tell("reading the stored data")
    prediction = stored.read_prediction(places, customer_key, on)
    peers = stored.read_peers(places, prediction)
    past = stored.read_past(places, customer_key, on)
    kept = stored.read_features(places, customer_key, on)
    tell("recomputing the features")
    again = replay.work_out_features(places, prediction)
    scored = kept or again
    if scored is None:
        raise StepError(
            f"no features of {customer_key} on {on} are kept, and none can be computed: no sale was known"
        )
    features = _features(stored.read_meanings(places), scored, again)
    tell("scoring again")
    blend, reasons, level, result = _replay(places, prediction, kept, again)
    return Explanation(prediction, peers, level, past, kept is not None, features, blend, reasons, result)


def _replay(
    places: Places, prediction: Prediction, kept: Row | None, again: Row | None
) -> tuple[Blend | None, list[Reason], float | None, Replay]:
    """Return the blend, the reasons, the level of the spend interval, and the outcome."""
    differences = list(replay.compare_features(kept, again))
    try:
        model = replay.load_model(places, prediction.model_version, prediction.prediction_date)
    except StepError as error:
        return None, [], None, Replay(IMPOSSIBLE, differences, str(error))
    differences += _compare_scores(prediction, model, kept, again)
    scored = kept or again or {}
    blend = _blend(model.served, scored, prediction.prediction_date)
    level = model.day_spend.fit.interval_level if model.day_spend else None
    outcome = Replay(DIFFERENT if differences else EQUAL, differences)
    return blend, _reasons(model, scored, prediction), level, outcome


def _compare_scores(
    prediction: Prediction, model: SavedModel, kept: Row | None, again: Row | None
) -> Iterator[Difference]:
    """Yield how the recomputed score differs and, if the features differ, how the kept row's score does."""
    scored = replay.score_again(model, again, prediction) if again else None
    yield from replay.compare_scores(prediction, model.served, scored)
    if kept is None or not any(replay.compare_features(kept, again)):
        return
    probability = replay.score_again(model, kept, prediction).probability
    if probability != prediction.churn_probability:
        what = "churn_probability by the stored features"
        yield Difference(what, prediction.churn_probability, probability)


def _features(meanings: dict[str, str], scored: Row, again: Row | None) -> list[Feature]:
    return [
        Feature(name, scored.get(name), again[name] if again else None, meanings.get(name, ""))
        for name in FEATURES
    ]


def _blend(model: ChurnModel, features: Row, on: date) -> Blend:
    blend = model.blend(_matrix(features), on)
    members = []
    for part in blend.parts:
        log_odds = float(part.log_odds[0])
        members.append(
            Member(part.member, float(expit(log_odds)), log_odds, part.weight, part.weight * log_odds)
        )
    whole = float(blend.log_odds[0])
    return Blend(members, blend.season, whole, float(expit(whole)))


def _reasons(model: SavedModel, features: Row, prediction: Prediction) -> list[Reason]:
    sentences = replay.score_again(model, features, prediction).reasons
    [grounds] = model.served.grounds(_matrix(features), prediction.prediction_date)
    return [
        Reason(
            sentence,
            family,
            sum(adds.values()),
            [Ground(name, features[name], value) for name, value in adds.items()],
        )
        for sentence, (family, adds) in zip(sentences, grounds.items(), strict=True)
    ]


def _matrix(features: Row) -> Floats:
    return np.array([[features.get(name) for name in NAMES]], dtype=np.float64)
