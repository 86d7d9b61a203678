"""How many threads the trees predict with."""

from contextlib import AbstractContextManager, nullcontext
from functools import cache
from typing import Any

from threadpoolctl import ThreadpoolController  # type: ignore[import-untyped]

# scikit-learn wakes all threads for each of some 170 trees: for few rows that takes longer than the trees do,
# and several times as long where something else runs beside. One core needs some 50 ms for so many.
FEWEST_ROWS = 20_000


def few_threads(rows: int) -> AbstractContextManager[Any]:
    """Predict with one thread unless the number of rows is large; the results are the same."""
    if rows >= FEWEST_ROWS:
        return nullcontext()
    limited: AbstractContextManager[Any] = _controller().limit(limits=1, user_api="openmp")
    return limited


@cache
def _controller() -> Any:
    """Return what knows the libraries' threads: asked for with trees at hand, so scikit-learn's is there."""
    return ThreadpoolController()
