"""Faults beyond a step's calls: a lost file, a wrong clock, simultaneous triggers, the orchestrator."""

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from components.shared.clients import firestore_client
from localcloud.firestore.clock import FILE
from tests.faults import orchestrated
from tests.faults.child import Work
from tests.faults.ground import Ground
from tests.faults.matrix import Outcome, attempt_at, judge, new_name
from tests.faults.shop import AS_OF
from tests.faults.steps import STEPS, run_ids

type Told = tuple[Outcome, str]

HOUR_MICROSECONDS = 3_600_000_000
EXPORT = STEPS["export_sales"]


@dataclass(frozen=True)
class Scene:
    """A scene: its description on the page, and a function that plays it and returns outcome and message."""

    told: str
    play: Callable[[Ground], Told]


def _lose_a_file(ground: Ground) -> Told:
    """Remove the Parquet file of a published export; the day's rerun must export its documents again."""
    name = new_name()
    EXPORT.prepare(ground, name)
    if not attempt_at(ground, EXPORT, name, again=False).is_done:
        return Outcome.BAD, "the export failed without a fault"
    [file] = ground.storage.list_blobs(f"lake-{name}", prefix=f"sales/export_date={AS_OF}/")
    file.delete()
    if not attempt_at(ground, EXPORT, name, again=True).is_done:
        return Outcome.BAD, "the rerun failed"
    return judge(EXPORT.account(ground, name, run_ids(name)[1]), Outcome.MENDED, f"{file.name} was gone")


def _run_before_the_day(ground: Ground) -> Told:
    """Run a day that has not begun by Firestore's clock, then one that has."""
    name = new_name()
    EXPORT.prepare(ground, name)
    before = {blob.name for blob in ground.storage.list_blobs(f"lake-{name}")}
    work = EXPORT.work(ground, name, run_ids(name)[0], str(ground.folder / name))
    ahead = (datetime.now(UTC) + timedelta(days=3)).date()
    end = attempt_at(ground, EXPORT, name, again=False, work=_as_of(work, ahead))
    written = {blob.name for blob in ground.storage.list_blobs(f"lake-{name}")} - before
    if end.failure is None or "has not begun" not in end.failure.message:
        return Outcome.BAD, f"it ended otherwise: {end.state}"
    if [each for each in written if not each.startswith("mlops/")]:
        return Outcome.BAD, f"it has written {written}"
    if not attempt_at(ground, EXPORT, name, again=True).is_done:
        return Outcome.BAD, "the rerun failed"
    return judge(EXPORT.account(ground, name, run_ids(name)[1]), Outcome.MENDED, end.failure.message)


def _as_of(work: Work, day: date) -> Work:
    return replace(work, arguments=work.arguments | {"as_of": day.isoformat()})


def _turn_the_clock_back(ground: Ground) -> Told:
    """Set the machine's clock back by an hour between two exports; the second must contain the change."""
    if ground.cloud is None:
        raise ValueError("this scene needs a cloud of its own")
    name = new_name()
    shift = Path(ground.cloud.folder, "firestore", FILE)
    bucket = ground.make_bucket(f"lake-{name}")
    document = firestore_client(ground.project).collection(f"sales_{name}").document("s1")
    work = EXPORT.work(ground, name, run_ids(name)[0], str(ground.folder / name))
    work = replace(work, arguments=work.arguments | {"collection": document.parent.id})
    sale = next(fields for fields in ground.shop.good.values() if fields["status"] == "completed")
    try:
        for status, back in (("completed", 0), ("refunded", HOUR_MICROSECONDS)):
            shift.write_text(str(-back))
            document.set(sale | {"sale_id": "s1", "status": status})
            if not attempt_at(ground, EXPORT, name, again=bool(back), work=work).is_done:
                return Outcome.BAD, f"the export of {status} failed"
    finally:
        shift.unlink(missing_ok=True)
    manifests = [
        json.loads(blob.download_as_bytes())
        for blob in ground.storage.list_blobs(bucket, prefix="sales_manifests/")
    ]
    found = sorted((one["read_time"], one["new"], one["changed"]) for one in manifests)
    wanted = [(1, 0), (0, 1)]
    if [(new, changed) for _, new, changed in found] != wanted:
        return Outcome.BAD, f"the exports say {found}"
    return Outcome.SURVIVED, ""


SCENES: dict[str, Scene] = {
    "file_lost": Scene("a Parquet file is deleted after its manifest was written", _lose_a_file),
    "day_not_begun": Scene("a run for a day that has not begun by Firestore's clock", _run_before_the_day),
    "clock_back": Scene("the machine's clock goes back by an hour between two exports", _turn_the_clock_back),
    "triggers_at_once": Scene("20 simultaneous triggers for one day", orchestrated.trigger_at_once),
    "orchestrator_killed": Scene(
        "kill -9 of the orchestrator between creating the run and responding", orchestrated.kill_before_answer
    ),
    "backfill_fails": Scene("a backfill in which one day fails", orchestrated.fail_a_day),
}
