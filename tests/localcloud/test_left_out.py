"""What the local BigQuery leaves out to stay small is reported to whoever needs it."""

import subprocess
import sys
from pathlib import Path

import pytest
from google.api_core.exceptions import BadRequest

from components.shared.clients import bigquery_client
from localcloud.bigquery import javascript

pytestmark = pytest.mark.services
DOUBLE = "CREATE TEMP FUNCTION f(x FLOAT64) RETURNS FLOAT64 LANGUAGE js AS 'return x * 2;'; SELECT f(21)"


def test_a_function_in_javascript_names_the_package_that_it_needs(cloud):
    with (
        bigquery_client(cloud.project) as client,
        pytest.raises(BadRequest, match="need mini-racer"),
    ):
        client.query_and_wait(DOUBLE, retry=None, job_retry=None)


def test_an_engine_that_is_installed_is_used(monkeypatch, tmp_path: Path):
    (tmp_path / "py_mini_racer.py").write_text("MiniRacer = 'the real one'\n")
    monkeypatch.delitem(sys.modules, javascript.ENGINE, raising=False)
    monkeypatch.syspath_prepend(tmp_path)
    javascript.do_without()
    assert javascript.ENGINE not in sys.modules


WITHOUT_SPATIAL = """
import importlib.util, sys
from pathlib import Path
find = importlib.util.find_spec
importlib.util.find_spec = lambda name, *more: None if name.endswith("_spatial") else find(name, *more)
from localcloud.bigquery.extensions import use_extensions
folder = Path(sys.argv[1])
use_extensions(folder / "home")
from local_bigquery.settings import settings
settings.data_dir, settings.default_project_id = folder / "data", "p"
from localcloud.bigquery.lockdown import lock_down
lock_down(settings.data_dir, folder / "staging", 1)
from local_bigquery.engine import database
print(database.fetch("SELECT 42"))
try:
    database.fetch("SELECT ST_Point(1, 2)")
except Exception as error:
    print(type(error).__name__)
"""


def test_without_spatial_all_but_geography_works_and_nothing_is_downloaded(tmp_path: Path):
    (folder := tmp_path / "state").mkdir()
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT_SPATIAL, folder], capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines() == ["[(42,)]", "CatalogException"]
    extensions = [path.name for path in (folder / "home").rglob("*.duckdb_extension")]
    assert sorted(extensions) == ["ducklake.duckdb_extension", "icu.duckdb_extension"]
