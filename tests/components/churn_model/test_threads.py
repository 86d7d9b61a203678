"""The trees predict few rows in one thread, and many in all that the process has."""

import pytest
import sklearn.ensemble  # noqa: F401 -- whose threads are limited
from threadpoolctl import threadpool_info, threadpool_limits

from components.churn_model.threads import FEWEST_ROWS, few_threads


@pytest.mark.parametrize(("rows", "threads"), [(1, 1), (FEWEST_ROWS - 1, 1), (FEWEST_ROWS, 3)])
def test_few_rows_wake_no_threads(rows: int, threads: int) -> None:
    with threadpool_limits(limits=3, user_api="openmp"):
        with few_threads(rows):
            assert _threads() == {threads}
        assert _threads() == {3}


def _threads() -> set[int]:
    return {library["num_threads"] for library in threadpool_info() if library["user_api"] == "openmp"}
