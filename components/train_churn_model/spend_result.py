"""What people read about a spend model: its figures at the newest cut-off and their spread over dates."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from components.train_churn_model.backtest import PastCutoff, Spread
from components.train_churn_model.spend_evaluation import MODEL, SpendFigures


@dataclass(frozen=True)
class SpendResult:
    """How a spend model was judged, and what serves.

    newest holds the figures of the newest cut-off, None if it could not be judged; spread holds those of each
    way over dates, the mean bias being of absolute values; promoted says whether the training's own trees
    serve with its churn model, and decision why, in words.
    """

    newest: SpendFigures | None
    spread: dict[str, dict[str, Spread]]
    promoted: bool
    decision: str

    @property
    def figures(self) -> dict[str, float]:
        """The model's own figures at the newest cut-off, by their names in the registry."""
        own = self.newest.figures[MODEL] if self.newest else {}
        return {f"spend_{name}": value for name, value in own.items()}


def spend_result(dates: Sequence[PastCutoff], promoted: bool, decision: str) -> SpendResult:
    """Return the result for the dates at which spend was judged, newest last."""
    judged = [one.spend for one in dates if one.spend]
    ways = judged[-1].figures if judged else {}
    return SpendResult(
        newest=dates[-1].spend,
        spread={way: {name: _spread(judged, way, name) for name in ways[way]} for way in ways},
        promoted=promoted,
        decision=decision,
    )


def _spread(judged: Sequence[SpendFigures], way: str, name: str) -> Spread:
    values = [one.figures[way][name] for one in judged if way in one.figures]
    sizes = np.abs(values) if name == "bias" else values
    return Spread(float(np.mean(sizes)), min(values), max(values), len(values))
