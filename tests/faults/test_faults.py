"""A few of the faults of `make faults`: each kind once, and what the accounting finds."""

import json
from itertools import cycle

import pytest

from tests.faults.calls import Call, Calls, Trap
from tests.faults.fault import Fault, grpc_status, http_error
from tests.faults.ground import Ground
from tests.faults.matrix import OF_CALLS, Case, Outcome, attempt_at, calls_of, new_name, try_case
from tests.faults.steps import STEPS, run_ids

EXPORT, RECORD = STEPS["export_sales"], STEPS["record_run"]
EITHER = (Outcome.SURVIVED, Outcome.MENDED)
OTHERS = (Fault.KILLED_BEFORE, Fault.KILLED_AFTER, Fault.DISK_FULL, Fault.CLOCK_JUMPS)


@pytest.fixture(scope="module")
def calls(ground: Ground) -> dict[Fault, Call]:
    """Return a call for each fault, cycling through a few of them; a lost answer gets a write."""
    seen = calls_of(ground, EXPORT)
    assert {call.service for call in seen} == {"storage", "firestore"}
    streams = [call for call in seen if call.service == "firestore"]
    uploads = [call for call in seen if call.what.startswith("POST")]
    mixed = cycle([streams[1], uploads[0], seen[1], uploads[2]])
    return {fault: next(mixed) for fault in (*OF_CALLS, *OTHERS)} | {Fault.LOST: uploads[2]}


@pytest.mark.parametrize("fault", OF_CALLS)
def test_a_fault_of_a_call_is_survived_or_mended(
    ground: Ground, calls: dict[Fault, Call], fault: Fault
) -> None:
    result = try_case(ground, Case(EXPORT.name, Trap(calls[fault], fault)))
    assert result.outcome in EITHER, result


@pytest.mark.parametrize("fault", OTHERS)
def test_a_fault_of_its_process_is_survived_or_mended(
    ground: Ground, calls: dict[Fault, Call], fault: Fault
) -> None:
    result = try_case(ground, Case(EXPORT.name, Trap(calls[fault], fault)))
    if result.said.startswith("PermissionError"):
        pytest.skip(f"no mount namespace may be made here: {result.said}")
    wanted = Outcome.SURVIVED if fault is Fault.CLOCK_JUMPS else Outcome.MENDED
    assert result.outcome is wanted, result


def test_a_row_whose_answer_was_lost_is_written_once(ground: Ground) -> None:
    """The run's row is appended, not replaced: inserted twice, it would be there twice."""
    insert = Call("bigquery", "POST /bigquery/v2/projects/…/jobs", 1)
    result = try_case(ground, Case(RECORD.name, Trap(insert, Fault.LOST)))
    assert result.outcome is Outcome.SURVIVED, result


def test_a_fault_that_meets_no_call_is_bad(ground: Ground) -> None:
    result = try_case(ground, Case(RECORD.name, Trap(Call("storage", "GET /nothing", 1), Fault.RESET)))
    assert (result.outcome, result.said) == (Outcome.BAD, "the call was not made, so the fault was not met")


def test_the_accounting_finds_surplus_and_missing_data(ground: Ground) -> None:
    name = new_name()
    EXPORT.prepare(ground, name)
    assert attempt_at(ground, EXPORT, name, again=False).is_done
    run_id, bucket = run_ids(name)[0], ground.storage.bucket(f"lake-{name}")
    assert list(EXPORT.account(ground, name, run_id)) == []
    [file] = bucket.list_blobs(prefix="sales/export_date=2026-01-31/")
    copy = bucket.copy_blob(file, bucket, f"{file.name}.again")
    assert [line for line in EXPORT.account(ground, name, run_id) if line.startswith("files: ")]
    copy.delete()
    manifest = bucket.blob("sales_manifests/export_date=2026-01-31/manifest.json")
    said = json.loads(manifest.download_as_text())
    manifest.upload_from_string(json.dumps(said | {"files": said["files"] * 2}))
    assert [line for line in EXPORT.account(ground, name, run_id) if line.startswith("a version is there")]
    manifest.upload_from_string(json.dumps(said | {"files": []}))
    assert [line for line in EXPORT.account(ground, name, run_id) if line.startswith("documents: ")]


def test_errors_are_worded_as_google_words_them() -> None:
    status, body = http_error(Fault.TOO_MANY, "bigquery")
    assert (status, json.loads(body)["error"]["errors"][0]["reason"]) == (429, "rateLimitExceeded")
    details = json.loads(http_error(Fault.UNAVAILABLE, "dataform")[1])["error"]["details"]
    assert details[0]["@type"].endswith("google.rpc.RetryInfo")
    said = grpc_status(Fault.TOO_MANY, "firestore")
    assert (said.code, len(said.details)) == (8, 2)


def test_a_call_is_named_by_its_request_and_a_poll_is_one_call() -> None:
    calls = Calls("f1x")
    for raw in ("/b/lake-f1x/o", "/b/lake-f1x/o", "/b/lake-f2x/o"):
        calls.arrive("storage", "GET", raw)
    for _ in range(2):
        calls.arrive("bigquery", "POST", "/projects/p/jobs")
    assert [str(call) for call in calls.seen] == [
        "storage GET /b/lake-…/o",
        "storage GET /b/lake-f2x/o",
        "bigquery POST /projects/…/jobs",
        "bigquery POST /projects/…/jobs #2",
    ]
