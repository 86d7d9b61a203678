"""A step's record counts what its queries are billed for."""

import json

import pytest
import requests
from google.api_core.exceptions import RetryError

from components.shared import run_record
from components.shared.clients import bigquery_client, storage_client
from components.shared.names import BUCKET
from components.shared.queries import read_arrow, run_query
from components.shared.run_record import step_record
from laptop.provision import provision
from localcloud.endpoints import Endpoints

TEN_MB = 10 * 2**20  # the minimum billed per table


def test_every_query_of_a_step_is_in_its_count_and_nothing_else(cloud: Endpoints) -> None:
    provision(cloud.project)
    client = bigquery_client(cloud.project)
    client.create_dataset("billed", exists_ok=True)
    client.query_and_wait("CREATE OR REPLACE TABLE billed.one AS SELECT 1 AS x")
    with step_record(cloud.project, BUCKET, "billed-run", "a_step"):
        run_query(client, "SELECT x FROM billed.one", {})
        run_query(client, "SELECT x FROM billed.one; SELECT x + 1 FROM billed.one", {})
        assert len(list(read_arrow(client, "SELECT x FROM billed.one", {}))) == 1
        run_query(client, "SELECT 1", {})
    run_query(client, "SELECT x FROM billed.one", {})
    blob = storage_client(cloud.project).bucket(BUCKET).blob("mlops/runs/billed-run/a_step.json")
    assert json.loads(blob.download_as_text())["counts"] == {"bytes_billed": 4 * TEN_MB}


@pytest.mark.parametrize(
    "second", [requests.ConnectionError("no route"), RetryError("no route for 120 s", cause=None)], ids=repr
)
def test_a_record_that_cannot_be_kept_does_not_hide_why_the_step_failed(
    second: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise second

    monkeypatch.setattr(run_record, "_keep", fail)
    with (
        pytest.raises(ValueError, match="its own reason") as caught,
        step_record("project", BUCKET, "unreachable-run", "a_step"),
    ):
        raise ValueError("its own reason")
    assert caught.value.__notes__ == [f"the run record could not be kept either: {second}"]
