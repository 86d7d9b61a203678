"""A prediction's reasons in words: what sets the customer apart, from the regression's contributions."""

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from components.churn_model.examples import Floats
from components.churn_model.features import FEATURES, NAMES, SENTENCES, sentence_of

REASONS = 3


def strongest(contributions: Floats) -> npt.NDArray[np.int64]:
    """Return, for rows by families, the families that move each row furthest its own way, -1 for none.

    A row's own way is up where its contributions add up to more risk than an average customer has.
    """
    towards = contributions * np.where(contributions.sum(axis=1, keepdims=True) < 0, -1.0, 1.0)
    chosen = np.full((len(contributions), REASONS), -1, dtype=np.int64)
    rows = np.arange(len(contributions))
    for rank in range(min(REASONS, contributions.shape[1])):
        best = towards.argmax(axis=1)
        chosen[:, rank] = np.where(towards[rows, best] > 0, best, -1)
        towards[rows, best] = -np.inf
    return chosen


def in_words(
    features: Floats, chosen: npt.NDArray[np.int64], families: list[str], horizon_days: int
) -> pa.ListArray:
    """Return the sentences of the chosen families for each of rows by NAMES, each sentence made once."""
    words: list[str] = []
    indices = np.full(chosen.shape, -1, dtype=np.int64)
    for number, family in enumerate(families):
        rows, ranks = np.nonzero(chosen == number)
        sentence = SENTENCES[family]
        values = _rounded(features[rows, NAMES.index(sentence.feature)], sentence.decimals)
        distinct, which = np.unique(values, return_inverse=True)
        indices[rows, ranks] = len(words) + which
        words += [sentence_of(family, value, horizon_days) for value in distinct.tolist()]
    present = indices >= 0
    offsets = np.concatenate([[0], np.cumsum(present.sum(axis=1))]).astype(np.int32)
    return pa.ListArray.from_arrays(offsets, pa.array(words, pa.string()).take(pa.array(indices[present])))


def families_of(columns: npt.NDArray[np.int64]) -> tuple[list[str], Floats]:
    """Return the families of some columns that have words, and which column belongs to which (0 or 1)."""
    by_column = [FEATURES[NAMES[column]] for column in columns]
    families = [family for family in dict.fromkeys(by_column) if family in SENTENCES]
    return families, np.array([[float(own == family) for family in families] for own in by_column])


def _rounded(values: Floats, decimals: int) -> Floats:
    """Round to decimals, or to two significant digits when decimals is negative."""
    if decimals >= 0:
        return np.round(values, decimals)
    size = 10.0 ** np.maximum(np.floor(np.log10(np.maximum(np.abs(values), 1.0))) - 1, 0)
    return np.asarray(np.round(values / size) * size, dtype=np.float64)
