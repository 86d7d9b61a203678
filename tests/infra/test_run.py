"""The jobs, the service and their schedules: what the code reads is set, and what is set is read."""

import json
import re
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo, available_timezones

import pytest
from cronsim import CronSim

import erase.__main__ as erase
from components.image import IMAGE
from components.shared.names import COLLECTION
from generate import access_page
from generators import clickstream, sales, startups
from infra.stub.terraform import INFRA, Applied, Terraform, copied
from orchestrator.run_requests import parameter_faults
from orchestrator.settings import PREFIX, Settings
from pipelines.specification import COMPILED, Specification

MODULES = {
    "winter-days-firestore-sales-gen": sales,
    "winter-days-clickstream-gen": clickstream,
    "winter-days-startup-gen": startups,
}
# Settings whose defaults are right everywhere; everything else that the orchestrator reads is set.
DEFAULTS = {"max_backfill_days", "allow_future_dates", "retry_seconds", "console_url"}
MONDAY = 0


DELETED = "winter-days-deleted-eraser"


def container(job):
    return job["template"][0]["template"][0]["containers"][0]


def generators(applied):
    return [job for job in applied.of("google_cloud_run_v2_job") if job["name"] in MODULES]


@pytest.fixture
def orchestrator(applied):
    [service] = applied.of("google_cloud_run_v2_service")
    return service


@pytest.fixture
def environment(orchestrator):
    return {each["name"]: each["value"] for each in orchestrator["template"][0]["containers"][0]["env"]}


def test_there_is_a_job_for_each_generator(applied):
    assert {job["name"]: container(job)["args"][0] for job in generators(applied)} == {
        name: module.__name__ for name, module in MODULES.items()
    }


def test_a_generator_takes_its_arguments_and_its_project(applied, monkeypatch):
    for job in generators(applied):
        asked = {}
        module = MODULES[job["name"]]
        for variable in container(job)["env"]:
            monkeypatch.setenv(variable["name"], variable["value"])
        monkeypatch.setattr(module.arguments, "parse", _keeping(asked, module.arguments.parse))
        with pytest.raises(Parsed):
            module.main(container(job)["args"][1:])
        monkeypatch.undo()
        assert {each["name"] for each in container(job)["env"]} == {"GOOGLE_CLOUD_PROJECT"}
        assert asked["project"] == applied.terraform.outputs()["project"]["value"]
        if "bucket" in asked:
            assert asked["bucket"] == applied.terraform.outputs()["bucket"]["value"]


class Parsed(Exception):  # noqa: N818
    """The arguments were understood; nothing needs to be generated."""


def _keeping(asked, parse):
    def keep(parser, words):
        asked.update(vars(parse(parser, words)))
        raise Parsed

    return keep


def test_the_erasure_of_deleted_documents_takes_its_arguments(applied, monkeypatch):
    job = applied.one("google_cloud_run_v2_job", name=DELETED)
    [variable] = container(job)["env"]
    monkeypatch.setenv(variable["name"], variable["value"])
    assert container(job)["command"] == ["python", "-m", "erase"]
    asked = erase._options(container(job)["args"])
    assert (asked.deleted, asked.yes, asked.customers) == (True, True, [])
    # The total includes a day until an export misses the document, and a day until the job runs.
    assert asked.erase_after_days == erase.ERASE_AFTER_DAYS - 2
    outputs = applied.terraform.outputs()
    platform = erase._platform(asked)
    assert platform.project == outputs["project"]["value"]
    assert (platform.bucket, platform.location) == (outputs["bucket"]["value"], outputs["location"]["value"])
    assert platform.collection == COLLECTION
    assert platform.datasets == outputs["datasets"]["value"]


def test_the_eraser_of_deleted_documents_sees_no_person(applied):
    rights = {row[1:] for row in access_page.rows(applied) if row[0] == "winter-days-deleted-eraser-sa"}
    assert rights
    seen = " ".join(on for _, on in rights)
    assert not [word for word in ("keys", "clickstream", "mlops", "features", "databases") if word in seen]


def test_the_orchestrator_understands_its_environment(environment):
    settings = Settings.from_environment(environment)
    assert settings.bucket == f"{settings.project}-lake-raw"
    assert settings.labels["environment"] in ("dev", "prod")


def test_everything_that_the_orchestrator_reads_is_set(environment):
    wanted = {PREFIX + name.upper() for name in Settings.model_fields.keys() - DEFAULTS}
    assert environment.keys() == wanted


def test_the_orchestrators_parameters_are_the_pipelines(environment):
    definitions = Specification(COMPILED.read_text(encoding="utf-8")).parameters
    parameters = Settings.from_environment(environment).parameters
    assert list(parameter_faults(parameters, definitions)) == []
    defaults = {name: each.get("defaultValue") for name, each in definitions.items()}
    assert {name: defaults[name] for name in parameters} == parameters


def test_a_parameter_keeps_its_type_beside_others(stub_environment, tmp_path):
    given = {"horizon_days": 60, "max_reject_share": 0.1, "cutoffs": 12}
    text = {"collection": "a text makes a map(any) one of texts; infra/run.tf sets it"}
    terraform = Terraform(copied(INFRA, tmp_path / "infra"), stub_environment)
    (terraform.folder / "own.auto.tfvars.json").write_text(json.dumps({"pipeline_parameters": given | text}))
    [service] = Applied(terraform, "-var-file=envs/dev.tfvars").of("google_cloud_run_v2_service")
    environment = {each["name"]: each["value"] for each in service["template"][0]["containers"][0]["env"]}
    parameters = Settings.from_environment(environment).parameters
    assert {name: parameters[name] for name in given} == given
    definitions = Specification(COMPILED.read_text(encoding="utf-8")).parameters
    assert list(parameter_faults(parameters, definitions)) == []


def test_accounts_are_those_that_terraform_makes(applied, environment):
    settings = Settings.from_environment(environment)
    assert {
        settings.orchestrator_service_account, settings.run_service_account, settings.dataform_service_account
    } < {each["email"] for each in applied.of("google_service_account")}  # fmt: skip


def test_each_job_and_service_has_its_own_account(applied, orchestrator):
    jobs = [
        job["template"][0]["template"][0]["service_account"] for job in applied.of("google_cloud_run_v2_job")
    ]
    accounts = [*jobs, orchestrator["template"][0]["service_account"]]
    assert len(set(accounts)) == len(accounts) == 5
    assert "-compute@" not in "".join(accounts)


def test_the_service_is_closed_bounded_and_probed(orchestrator):
    template = orchestrator["template"][0]
    [main] = template["containers"]
    assert orchestrator["ingress"] == "INGRESS_TRAFFIC_INTERNAL_ONLY"
    assert orchestrator["invoker_iam_disabled"] is False
    assert template["scaling"][0]["max_instance_count"] == 2
    assert main["resources"][0]["limits"] == {"cpu": "1", "memory": "1Gi"}
    assert main["startup_probe"][0]["http_get"][0]["path"] == "/readyz"
    assert main["liveness_probe"][0]["http_get"][0]["path"] == "/healthz"


def test_jobs_are_bounded(applied):
    for job in generators(applied):
        task = job["template"][0]["template"][0]
        assert task["timeout"] == "1800s"
        assert task["max_retries"] == 1
        assert container(job)["resources"][0]["limits"] == {"cpu": "1", "memory": "1Gi"}


def test_every_image_is_of_the_commit_in_our_registry(applied, orchestrator):
    deleted = applied.one("google_cloud_run_v2_job", name=DELETED)
    assert container(deleted)["image"].rpartition("/")[2].startswith("batch-steps-python:")
    images = {container(job)["image"] for job in generators(applied)}
    images.add(orchestrator["template"][0]["containers"][0]["image"])
    outputs = applied.terraform.outputs()
    registry = outputs["registry"]["value"]
    assert images == {
        f"{registry}/{name}:{outputs['image_tag']['value']}" for name in ("generators", "orchestrator")
    }


def test_the_steps_image_is_in_the_registry_of_prod(environments):
    registry = environments["prod"].terraform.outputs()["registry"]["value"]
    assert IMAGE.startswith(f"{registry}/")


@pytest.fixture
def schedules(applied):
    return {each["name"]: each for each in applied.of("google_cloud_scheduler_job")}


def next_times(schedule, count=3):
    start = datetime(2026, 11, 24, 12, tzinfo=ZoneInfo(schedule["time_zone"]))
    times = CronSim(schedule["schedule"], start)
    return [next(times) for _ in range(count)]


def test_the_schedules(schedules):
    assert {name: each["schedule"] for name, each in schedules.items()} == {
        "winter-days-firestore-sales-gen": "30 0 * * *",
        "winter-days-clickstream-gen": "45 0 * * *",
        "winter-days-startup-gen": "0 1 * * 2",
        "winter-days-batch-orchestrator": "0 4 * * *",
        DELETED: "0 8 * * *",
    }
    assert {each["time_zone"] for each in schedules.values()} == {"UTC"}
    assert not any(each["paused"] for each in schedules.values())


def test_the_batch_runs_daily_after_its_generators(schedules):
    batch = next_times(schedules["winter-days-batch-orchestrator"])
    assert [(each.hour, (each - batch[0]).days) for each in batch] == [(4, 0), (4, 1), (4, 2)]
    for name in MODULES:
        assert all(each.hour < 2 for each in next_times(schedules[name]))


@pytest.mark.parametrize("name", ["winter-days-batch-orchestrator", DELETED])
def test_a_daily_job_starts_once_a_day_whenever_clocks_change(schedules, name):
    first, days = next_times(schedules[name], 1)[0].replace(tzinfo=None), range(2 * 365)
    starts = [first + timedelta(days=day) for day in days]
    wrong = [(zone, start) for zone in available_timezones() for start in starts if not _is_once(start, zone)]
    assert wrong == []


def _is_once(start, zone):
    """Whether clocks show this time exactly once: before a change and after it, the offset is the same."""
    either = (start.replace(tzinfo=ZoneInfo(zone), fold=fold).utcoffset() for fold in (0, 1))
    return next(either) == next(either)


def test_the_startup_schedule_covers_the_last_monday(applied, schedules):
    job = applied.one("google_cloud_run_v2_job", name="winter-days-startup-gen")
    days = int(container(job)["args"][container(job)["args"].index("--days") + 1])
    for moment in next_times(schedules["winter-days-startup-gen"]):
        assert moment.weekday() == MONDAY + 1
        assert days == 7


def test_a_schedule_starts_the_job_of_its_name(applied, schedules):
    for job in applied.of("google_cloud_run_v2_job"):
        [target] = schedules[job["name"]]["http_target"]
        assert target["uri"] == f"https://run.googleapis.com/v2/{job['id']}:run"
        assert target["http_method"] == "POST"
        assert target["oauth_token"][0]["service_account_email"].startswith("winter-days-scheduler-sa@")


def test_the_batch_is_called_with_a_token_for_the_service(schedules, orchestrator):
    [target] = schedules["winter-days-batch-orchestrator"]["http_target"]
    [token] = target["oidc_token"]
    assert target["uri"] == token["audience"] == orchestrator["uri"]
    assert target["http_method"] == "POST"
    assert token["service_account_email"].startswith("winter-days-scheduler-sa@")


def test_a_schedule_retries_within_bounds(schedules):
    for schedule in schedules.values():
        [retry] = schedule["retry_config"]
        assert 1 <= retry["retry_count"] <= 5
        assert re.fullmatch(r"\d+s", retry["min_backoff_duration"])
        assert 15 <= int(schedule["attempt_deadline"].removesuffix("s")) <= 1800


def test_settings_are_json_where_the_code_reads_json(environment):
    assert json.loads(environment[f"{PREFIX}PARAMETERS"])["collection"] == "winter_sales"
