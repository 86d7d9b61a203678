"""Which features a model relies on: how far its ROC AUC falls when a family of features is shuffled."""

from dataclasses import replace

import numpy as np
import numpy.typing as npt
from sklearn.metrics import roc_auc_score

from components.churn_model.examples import Examples
from components.churn_model.features import FEATURES
from components.churn_model.model import ChurnModel
from components.train_churn_model.evaluation import predict_newest

REPEATS = 3
MOST_ROWS = 5_000


def family_importance(models: list[tuple[ChurnModel, Examples]]) -> dict[str, float]:
    """Return the mean fall in ROC AUC for each family of features, largest first."""
    families = list(FEATURES.values())
    falls = dict.fromkeys(families, 0.0)
    for model, test in models:
        sample = _sample(test)
        whole = roc_auc_score(sample.churned, predict_newest(model, sample))
        for family in falls:
            columns = np.flatnonzero(np.array(families) == family)
            falls[family] += whole - _shuffled_auc(model, sample, columns)
    mean = {family: fall / len(models) for family, fall in falls.items()}
    return dict(sorted(mean.items(), key=lambda item: (-item[1], item[0])))


def _shuffled_auc(model: ChurnModel, test: Examples, columns: npt.NDArray[np.intp]) -> float:
    """Return the ROC AUC with the columns shuffled together, so that all that the family knows is lost."""
    generator = np.random.default_rng(0)
    scores = []
    for _ in range(REPEATS):
        features = test.features.copy()
        features[:, columns] = features[generator.permutation(len(features))][:, columns]
        scores.append(roc_auc_score(test.churned, predict_newest(model, replace(test, features=features))))
    return float(np.mean(scores))


def _sample(test: Examples) -> Examples:
    chosen = np.random.default_rng(0).permutation(len(test.churned)) < MOST_ROWS
    return test.take(chosen)
