"""Backfilling days: oldest first, one at a time, each once."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest

from tests.orchestrator.conftest import active
from tests.orchestrator.proxy import Fault

CREATE = r"POST .*/pipelineJobs(\?|$)"


def end(client, run_id):
    assert client.post(f"/runs/{run_id}:cancel").status_code == 200


def ask(client, first, days):
    body = {"from": first.isoformat(), "to": (first + timedelta(days=days - 1)).isoformat()}
    answer = client.post("/backfill", json=body)
    assert answer.status_code == 200, answer.text
    return answer.json()


def as_ofs(runs):
    return [run["as_of"] for run in runs]


def test_the_oldest_day_comes_first_and_no_other_while_it_is_active(client, day):
    days = [(day + timedelta(days=n)).isoformat() for n in range(4)]
    answer = ask(client, day, 4)
    assert (as_ofs(answer["submitted"]), answer["existing"], answer["waiting"]) == (days[:1], [], days[1:])
    assert (answer["submitted"][0]["trigger"], answer["waiting_for"]) == ("backfill", "")

    again = ask(client, day, 4)
    assert (again["submitted"], as_ofs(again["existing"]), again["waiting"]) == ([], days[:1], days[1:])
    assert again["waiting_for"] == answer["submitted"][0]["id"]

    end(client, answer["submitted"][0]["id"])
    third = ask(client, day, 4)
    assert (as_ofs(third["submitted"]), as_ofs(third["existing"])) == ([days[1]], days[:1])
    assert third["waiting"] == days[2:]


def test_asking_until_nothing_waits_runs_each_day_once(client, vertex, day):
    answer = ask(client, day, 5)
    for _ in range(5):
        for run in answer["submitted"] + answer["existing"]:
            if run["state"] == "PIPELINE_STATE_PENDING":
                end(client, run["id"])
        answer = ask(client, day, 5)
    assert answer["waiting"] == answer["submitted"] == []
    assert len(answer["existing"]) == 5
    assert vertex.count(CREATE) == 5


@pytest.mark.parametrize("path", ["/backfill", "/"])
def test_any_active_run_makes_every_day_wait(client, vertex, day, path):
    other = day + timedelta(days=10)
    body = {"as_of": other.isoformat()} if path == "/" else {"from": str(other), "to": str(other)}
    assert client.post(path, json=body).status_code == 200
    answer = ask(client, day, 3)
    assert (answer["submitted"], answer["existing"], len(answer["waiting"])) == ([], [], 3)
    assert answer["waiting_for"] == f"customer-churn-{other:%Y%m%d}"
    assert vertex.count(CREATE) == 1


def test_the_same_backfill_twice_at_once_submits_one_day(client, vertex, day):
    with ThreadPoolExecutor(2) as pool:
        one, other = pool.map(lambda _: ask(client, day, 4), range(2))
    assert as_ofs(one["submitted"]) + as_ofs(other["submitted"]) == [day.isoformat()]
    assert one["waiting"] == other["waiting"]


def test_two_backfills_at_once_run_every_day_of_both(client, jobs, day):
    starts = [day, day + timedelta(days=10)]
    with ThreadPoolExecutor(2) as pool:
        for _ in range(6):
            list(pool.map(lambda start: ask(client, start, 3), starts))
            (going,) = active(jobs)
            jobs.cancel_pipeline_job(name=going.name)
        answers = list(pool.map(lambda start: ask(client, start, 3), starts))
    assert [(answer["submitted"], answer["waiting"]) for answer in answers] == [([], [])] * 2


def test_an_interrupted_backfill_resumes_where_it_stopped(client, vertex, day):
    second_day = (day + timedelta(days=1)).strftime("%Y%m%d")
    vertex.faults.append(Fault(rf"POST .*customer-churn-{second_day}", 400, b'{"error": {"message": "no"}}'))
    body = {"from": day.isoformat(), "to": (day + timedelta(days=2)).isoformat()}
    end(client, ask(client, day, 3)["submitted"][0]["id"])
    assert client.post("/backfill", json=body).status_code == 502
    answer = ask(client, day, 3)
    assert as_ofs(answer["existing"]) == [day.isoformat()]
    assert as_ofs(answer["submitted"]) == [(day + timedelta(days=1)).isoformat()]


def test_a_day_that_the_schedule_has_run_is_not_run_again(client, day):
    client.post("/", json={"as_of": day.isoformat()})
    answer = ask(client, day, 1)
    assert [run["trigger"] for run in answer["existing"]] == ["by-hand"]


def test_wrong_days_are_refused_and_nothing_is_submitted(client, vertex, day):
    today = datetime.now(UTC).date()
    cases = {
        ("2020-02-02", "2020-02-01"): ("from", "is after to"),
        ("2020-02-01", "2020-02-11"): ("to", "has 11 days, more than 10"),
        (today.isoformat(), (today + timedelta(days=1)).isoformat()): ("to", "is in the future"),
        ("2020-02-30", "2020-03-01"): ("from", "day is out of range"),
        ("20200201", "2020-03-01"): ("from", "write it as YYYY-MM-DD"),
    }
    for (first, last), (field, fault) in cases.items():
        answer = client.post("/backfill", json={"from": first, "to": last})
        assert answer.status_code == 422
        detail = answer.json()["detail"][0]
        assert detail["loc"] == ["body", field]
        assert fault in detail["msg"]
    assert vertex.seen == []
