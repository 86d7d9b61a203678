"""One run is active at a time: a request for another is refused, or its run gives way."""

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import httpx
import pytest

from orchestrator import single_run
from tests.orchestrator.conftest import PARENT, active
from tests.orchestrator.holding import compiled
from tests.orchestrator.proxy import Fault

CREATE = r"POST .*/pipelineJobs(\?|$)"
LIST = r"GET .*/pipelineJobs\?"
CANCEL = r"POST .*:cancel"


def trigger(client, day, **more):
    return client.post("/", json={"as_of": day.isoformat(), **more})


def run_id(day):
    return f"customer-churn-{day:%Y%m%d}"


def ids(found):
    return [job.name.rpartition("/")[2] for job in found]


def by_hand(vertex, name):
    """Submit the pipeline as a person might: without labels, and here bypassing the proxy."""
    spec = compiled()
    spec["pipelineInfo"]["name"] = "customer-churn"
    job = {"pipelineSpec": spec, "runtimeConfig": {"gcsOutputDirectory": "gs://unused/mlops"}}
    answer = httpx.post(f"{vertex.target}/v1/{PARENT}/pipelineJobs?pipelineJobId={name}", json=job)
    answer.raise_for_status()


def end(jobs, name):
    jobs.cancel_pipeline_job(name=f"{PARENT}/pipelineJobs/{name}")


def meet_a_later_run(vertex, day):
    """Create another run just after the requested one, whose answer is lost."""
    vertex.faults.append(
        Fault(CREATE, 503, after_forwarding=True, meanwhile=lambda: by_hand(vertex, f"later-{day}"))
    )


def refused(answer, day):
    """Check a refusal that names the run of this day, and return what it says."""
    assert answer.status_code == 409, answer.text
    assert int(answer.headers["Retry-After"]) > 0
    detail = answer.json()["detail"]
    assert detail.startswith(f"{run_id(day)}, as of {day}, is active (PIPELINE_STATE_")
    assert detail.endswith(f": wait until it has ended, or cancel it with POST /runs/{run_id(day)}:cancel")
    return detail


@pytest.mark.parametrize("asked", [{}, {"rerun": True}])
def test_another_day_is_refused_while_a_run_is_active_and_accepted_later(client, vertex, storage, day, asked):
    tomorrow = day + timedelta(days=1)
    assert trigger(client, day).json()["created"]
    storage.clear()
    assert "PIPELINE_STATE_PENDING" in refused(trigger(client, tomorrow, **asked), day)
    assert (vertex.count(CREATE), storage.seen) == (1, [])
    client.post(f"/runs/{run_id(day)}:cancel")
    assert trigger(client, tomorrow, **asked).json()["created"]


def test_a_rerun_of_the_active_day_is_refused_but_a_trigger_answered(client, day):
    assert trigger(client, day).json()["created"]
    refused(trigger(client, day, rerun=True), day)
    again = trigger(client, day)
    assert (again.status_code, again.json()["created"]) == (200, False)


def test_a_day_that_has_its_run_is_answered_while_another_is_active(client, day):
    trigger(client, day)
    client.post(f"/runs/{run_id(day)}:cancel")
    trigger(client, day + timedelta(days=1))
    answer = trigger(client, day)
    assert (answer.status_code, answer.json()["state"]) == (200, "PIPELINE_STATE_CANCELLED")


def test_a_dry_run_ignores_the_active_run(client, day):
    trigger(client, day)
    assert trigger(client, day + timedelta(days=1), dry_run=True).status_code == 200


def test_a_run_submitted_by_hand_counts_too(client, vertex, jobs, day):
    by_hand(vertex, f"by-hand-{day}")
    answer = trigger(client, day)
    assert answer.status_code == 409
    assert f"by-hand-{day}, as of an unknown day, is active" in answer.json()["detail"]
    end(jobs, f"by-hand-{day}")
    assert trigger(client, day).json()["created"]


def test_twenty_days_at_once_give_one_run(client, jobs, day):
    days = [day + timedelta(days=number) for number in range(20)]
    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(lambda one: trigger(client, one), days))
    (first,) = active(jobs)
    created = [one for one, answer in zip(days, answers, strict=True) if answer.status_code == 200]
    assert [run_id(one) for one in created] == ids([first])
    for one, answer in zip(days, answers, strict=True):
        if one != created[0]:
            assert answer.status_code == 409
            assert " is active (PIPELINE_STATE_" in answer.json()["detail"]


def test_a_run_that_was_created_unseen_stays_and_the_later_one_gives_way(client, vertex, jobs, day):
    tomorrow = day + timedelta(days=1)
    trigger(client, day)
    vertex.faults.append(Fault(LIST, 200))  # the check before creation sees nothing
    refused(trigger(client, tomorrow), day)
    assert (vertex.count(CREATE), vertex.count(CANCEL), ids(active(jobs))) == (2, 1, [run_id(day)])

    refused(trigger(client, tomorrow), day)  # the same trigger again, as Cloud Scheduler sends it
    client.post(f"/runs/{run_id(day)}:cancel")
    for created in (True, False):
        answer = trigger(client, tomorrow).json()
        assert (answer["id"], answer["created"]) == (f"{run_id(tomorrow)}-r2", created)
    client.post(f"/runs/{run_id(tomorrow)}-r2:cancel")
    assert trigger(client, tomorrow, rerun=True).json()["id"] == f"{run_id(tomorrow)}-r3"


def test_the_first_run_waits_for_the_later_one_to_leave(client, vertex, jobs, day):
    meet_a_later_run(vertex, day)
    with ThreadPoolExecutor(1) as pool:
        asked = pool.submit(trigger, client, day)
        while vertex.count(LIST) < 3:  # its check before creation, and two after
            assert not asked.done()
            time.sleep(0.01)
        end(jobs, f"later-{day}")
        answer = asked.result()
    assert (answer.status_code, ids(active(jobs))) == (200, [run_id(day)])


def test_the_first_run_gives_way_to_a_later_one_that_stays(client, vertex, jobs, day, monkeypatch):
    monkeypatch.setattr(single_run, "PATIENCE_SECONDS", 1.0)
    meet_a_later_run(vertex, day)
    answer = trigger(client, day)
    assert (answer.status_code, ids(active(jobs))) == (409, [f"later-{day}"])
    assert answer.json()["detail"].startswith(f"later-{day}, as of an unknown day, is active")
