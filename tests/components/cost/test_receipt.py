"""A run's usage becomes an amount, checked against amounts worked out by hand from Google's prices."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from google.cloud.aiplatform_v1 import PipelineJob
from google.protobuf import json_format

from components.cost.machines import job_machines, step_of, task_seconds
from components.cost.prices import machine_for, prices
from components.cost.receipt import format_usd, receipt_of

START = datetime(2026, 1, 31, 2, tzinfo=UTC)


def job(tasks: dict[str, float | None], limits: dict[str, Any], **parameters: Any) -> PipelineJob:
    """Return a run whose tasks took these seconds, or None where one is still running."""
    steps = {step_of(task).replace("_", "-") for task in tasks}
    spec = {
        "components": {f"comp-{step}": {"executorLabel": f"exec-{step}"} for step in steps}
        | {"comp-exit-handler-1": {"dag": {}}},
        "deploymentSpec": {
            "executors": {f"exec-{step}": {"container": {"resources": limits}} for step in steps}
        },
    }
    details = [
        {"taskName": task, "startTime": START.isoformat()}
        | ({"endTime": (START + timedelta(seconds=seconds)).isoformat()} if seconds is not None else {})
        for task, seconds in tasks.items()
    ]
    details.append({"taskName": "exit-handler-1", "startTime": START.isoformat()})
    message = PipelineJob()
    resource = {
        "pipelineSpec": spec,
        "jobDetail": {"taskDetails": details},
        "runtimeConfig": {"gcsOutputDirectory": "gs://b", "parameterValues": parameters},
    }
    json_format.ParseDict(resource, PipelineJob.pb(message))
    return message


def test_seconds_add_up_parallel_tasks_and_include_the_running_one() -> None:
    run = job(
        {"export-sales": 60, "write-predictions-2": 10, "write-predictions": 20, "record-run": None}, {}
    )
    now = START + timedelta(seconds=100)
    assert task_seconds(run, now) == {"export_sales": 60, "write_predictions": 30, "record_run": 100}


@pytest.mark.parametrize(
    ("cpu", "memory", "machine"),
    [
        ("1", "2G", "e2-highmem-2"),
        ("2", "16Gi", "e2-highmem-2"),
        ("2", "17Gi", "e2-highmem-4"),
        ("4", "16G", "e2-standard-4"),
        ("500m", "512Mi", "e2-highmem-2"),
        ("{{$.inputs.parameters['pipelinechannel--cpu']}}", "4G", "e2-standard-8"),
        ("96", "900G", "e2-standard-32"),
        ("", "", "e2-standard-4"),
    ],
)
def test_a_machine_has_at_least_the_limits_of_its_task(cpu: str, memory: str, machine: str) -> None:
    limits = {"resourceCpuLimit": cpu, "resourceMemoryLimit": memory}
    [found] = job_machines(job({"export-sales": 1}, limits, cpu="8")).values()
    assert found.name == machine


def test_a_receipt_follows_the_price_lists() -> None:
    records = [
        {"step": "export_sales", "counts": {"documents": 5, "documents_read": 200_000, "bytes_billed": 0}},
        {"step": "write_predictions_0", "counts": {"bytes_billed": 2**39}},
        {"step": "write_predictions_1", "counts": {"bytes_billed": 2**39}},
    ]
    machine = machine_for(4, 16)
    receipt = receipt_of(
        records,
        {"export_sales": 3600.0, "write_predictions": 1800.0, "record_run": 0.0},
        {"export_sales": machine, "write_predictions": machine},
    )
    assert (receipt.documents_read, receipt.bytes_billed, receipt.machine_seconds) == (200_000, 2**40, 5400)
    assert receipt.parts["firestore"] == pytest.approx(0.06)
    assert receipt.parts["bigquery"] == pytest.approx(6.25)
    # An hour and a half of e2-standard-4 at 0.1541 USD an hour, and a run's fee of 3 cents.
    assert receipt.parts["vertex"] == pytest.approx(1.5 * 0.1541 + 0.03, rel=1e-3)
    assert receipt.estimated_cost == pytest.approx(sum(receipt.parts.values()))


def test_documents_count_as_reads_where_nothing_says_how_many_were_read() -> None:
    assert receipt_of([{"step": "export_sales", "counts": {"documents": 7}}], {}, {}).documents_read == 7


def test_the_free_tier_reduces_only_a_months_price() -> None:
    reads = prices()["firestore_read"]
    assert (reads.of(100_000), reads.of_month(30 * 50_000 + 100_000), reads.of_month(10)) == (0.03, 0.03, 0)


def test_every_price_has_a_source() -> None:
    assert all(price.source.startswith("https://") and price.usd > 0 for price in prices().values())


def test_small_amounts_have_more_digits() -> None:
    assert [format_usd(usd) for usd in (0, 0.0042, 0.12, 1234.5)] == ["$0.00", "$0.004", "$0.12", "$1,234.50"]
