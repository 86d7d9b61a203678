"""How many threads the trees predict with."""

from contextlib import AbstractContextManager, nullcontext
from functools import cache
from typing import Any

from threadpoolctl import ThreadpoolController  # type: ignore[import-untyped]

# scikit-learn wakes all threads for each of up to 200 trees: with few rows that takes longer than the trees,
# and several times as long when something else is running. One core needs some 50 ms for this many.
FEWEST_ROWS = 20_000


def few_threads(rows: int) -> AbstractContextManager[Any]:
    """Predict with one thread unless the number of rows is large; the results are the same."""
    if rows >= FEWEST_ROWS:
        return nullcontext()
    limited: AbstractContextManager[Any] = _controller().limit(limits=1, user_api="openmp")
    return limited


@cache
def _controller() -> Any:
    """Return the libraries' thread controller; trees exist by then, so scikit-learn's library is loaded."""
    return ThreadpoolController()
