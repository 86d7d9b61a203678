"""A prediction's reasons in words: what raises and lowers the risk, compared with a usual customer."""

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from components.churn_model.examples import Floats, Texts
from components.churn_model.features import FEATURES, NAMES
from components.churn_model.words import SENTENCES, rounded, sentence_of

REASONS = 3
LEAST_EFFECT = 0.05  # log odds; about one percentage point at a risk of one half
WAYS = ("lowers", "raises")


def strongest(effects: Floats) -> npt.NDArray[np.int64]:
    """Return the families that move each row most, in either direction; -1 for none worth mentioning."""
    ranked = np.argsort(-np.abs(effects), axis=1, kind="stable")[:, :REASONS]
    chosen = np.full((len(effects), REASONS), -1, dtype=np.int64)
    sizes = np.abs(np.take_along_axis(effects, ranked, axis=1))
    chosen[:, : ranked.shape[1]] = np.where(sizes >= LEAST_EFFECT, ranked, -1)
    return chosen


def in_words(
    features: Floats,
    effects: Floats,
    families: list[str],
    horizon_days: int,
    currencies: Texts | None = None,
) -> pa.ListArray:
    """Return the sentences of each row's strongest families; each distinct sentence is built once.

    effects are rows by families; currencies are those of each row's amounts, where known.
    """
    chosen = strongest(effects)
    units, unit = _units(currencies, len(features))
    words: list[str] = []
    indices = np.full(chosen.shape, -1, dtype=np.int64)
    for number, family in enumerate(families):
        rows, ranks = np.nonzero(chosen == number)
        raises = effects[rows, number] > 0
        quoted = {name: features[rows, NAMES.index(name)] for name in SENTENCES[family].features}
        own = unit[rows] if SENTENCES[family].is_money else np.zeros(len(rows), dtype=np.int64)
        said, which = _sentences(family, quoted, raises, horizon_days, units, own)
        indices[rows, ranks] = len(words) + which
        words += said
    present = indices >= 0
    offsets = np.concatenate([[0], np.cumsum(present.sum(axis=1))]).astype(np.int32)
    return pa.ListArray.from_arrays(offsets, pa.array(words, pa.string()).take(pa.array(indices[present])))


def families_of(columns: npt.NDArray[np.int64]) -> tuple[list[str], Floats]:
    """Return the families of some columns that have words, and which column belongs to which (0 or 1)."""
    by_column = [FEATURES[NAMES[column]] for column in columns]
    families = [family for family in dict.fromkeys(by_column) if family in SENTENCES]
    return families, np.array([[float(own == family) for family in families] for own in by_column])


def _sentences(
    family: str,
    quoted: dict[str, Floats],
    raises: npt.NDArray[np.bool_],
    horizon_days: int,
    units: list[str],
    unit: npt.NDArray[np.int64],
) -> tuple[list[str], npt.NDArray[np.int64]]:
    """Return the distinct sentences of a family for some rows, and the index of each row's."""
    columns = [raises, unit, *(rounded(name, values) for name, values in quoted.items())]
    first, which = _distinct(columns)
    said = []
    for way, own, *values in zip(*(column[first].tolist() for column in columns), strict=True):
        words = sentence_of(family, dict(zip(quoted, values, strict=True)), horizon_days, units[own])
        said.append(f"{WAYS[way]}: {words}")
    return said, which


def _distinct(columns: list[npt.NDArray[np.generic]]) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Return the first row of each distinct combination of columns, and each row's combination."""
    code = np.zeros(len(columns[0]), dtype=np.int64)
    for column in columns:
        distinct, own = np.unique(column, return_inverse=True)
        code = np.unique(code * len(distinct) + own, return_inverse=True)[1]
    return np.unique(code, return_index=True)[1], code


def _units(currencies: Texts | None, rows: int) -> tuple[list[str], npt.NDArray[np.int64]]:
    """Return the distinct currencies, "" standing for none or several, and the index of each row's."""
    if currencies is None:
        return [""], np.zeros(rows, dtype=np.int64)
    distinct, which = np.unique(currencies, return_inverse=True)
    return distinct.tolist(), which
