"""Listing, looking up and cancelling runs."""

from orchestrator.runs import run_id_of
from tests.orchestrator.conftest import PARENT


def trigger(client, day, **more):
    return client.post("/", json={"as_of": day.isoformat(), **more}).json()


def test_runs_are_listed_page_by_page_the_newest_first(client, day):
    ids = []
    for _ in range(3):
        ids.append(trigger(client, day, rerun=True)["id"])
        client.post(f"/runs/{ids[-1]}:cancel")
    first = client.get("/runs", params={"as_of": day.isoformat(), "page_size": 2}).json()
    assert [run["id"] for run in first["runs"]] == [ids[2], ids[1]]
    assert [run["attempt"] for run in first["runs"]] == [3, 2]
    token = {"page_token": first["next_page_token"]}
    rest = client.get("/runs", params={"as_of": day.isoformat(), "page_size": 2, **token}).json()
    assert ([run["id"] for run in rest["runs"]], rest["next_page_token"]) == ([ids[0]], "")


def test_runs_of_other_pipelines_are_left_out(client, day, jobs):
    assert "sleeping" in {job.name.rpartition("/")[2] for job in jobs.list_pipeline_jobs(parent=PARENT)}
    trigger(client, day)
    ids = {run["id"] for run in client.get("/runs?page_size=100").json()["runs"]}
    assert run_id_of(day) in ids
    assert "sleeping" not in ids


def test_a_run_is_shown_as_vertex_has_it(client, day):
    submitted = trigger(client, day)
    run = client.get(f"/runs/{submitted['id']}").json()
    assert run == {key: submitted[key] for key in run}
    assert run["created_at"].endswith("Z")
    assert run["ended_at"] is None


def test_a_run_is_cancelled_once(client, jobs, day):
    run_id = trigger(client, day)["id"]
    answer = client.post(f"/runs/{run_id}:cancel")
    assert (answer.status_code, answer.json()["state"]) == (200, "PIPELINE_STATE_CANCELLED")
    again = client.post(f"/runs/{run_id}:cancel")
    assert again.status_code == 409
    assert again.json()["detail"] == f"{run_id} has ended already: PIPELINE_STATE_CANCELLED"
    assert trigger(client, day)["state"] == "PIPELINE_STATE_CANCELLED"
    assert trigger(client, day, rerun=True)["id"] == f"{run_id}-r2"


def test_a_missing_run_is_a_404(client):
    for answer in (client.get("/runs/no-such-run"), client.post("/runs/no-such-run:cancel")):
        assert (answer.status_code, answer.json()["detail"]) == (404, "there is no run no-such-run")


def test_a_wrong_id_page_or_day_is_named(client):
    cases = {
        "/runs/UPPER": ["path", "run_id"],
        "/runs?page_size=0": ["query", "page_size"],
        "/runs?page_token=wrong": ["query", "page_token"],
        "/runs?as_of=yesterday": ["query", "as_of"],
    }
    for path, location in cases.items():
        answer = client.get(path)
        assert (answer.status_code, answer.json()["detail"][0]["loc"]) == (422, location), path
