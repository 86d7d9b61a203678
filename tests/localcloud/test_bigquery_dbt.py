"""dbt's adapter for BigQuery, where it is installed; `make dbt-check` has it in an environment of its own."""

import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest

CHECK = Path(__file__).parent / "dbt" / "check.py"


@pytest.mark.skipif(
    importlib.util.find_spec("dbt") is None,
    reason="dbt is not installed here: make dbt-check runs this in an environment of its own",
)
def test_dbt_builds_a_project_twice(cloud):
    subprocess.run([sys.executable, CHECK], check=True, timeout=300)
