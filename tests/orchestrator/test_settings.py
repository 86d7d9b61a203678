"""The settings: read once, typed, and refused with every fault named."""

from zoneinfo import ZoneInfo

import pytest
from pydantic import ValidationError

from orchestrator.settings import Settings, SettingsError

PROJECT = {"WINTER_DAYS_PROJECT": "my-project"}


def test_a_project_is_enough():
    settings = Settings.from_environment({**PROJECT, "PATH": "/bin"})
    assert settings.run_service_account == "winter-days-vertex-ai-sa@my-project.iam.gserviceaccount.com"
    assert settings.dataform_service_account == "dataform-exec-sa@my-project.iam.gserviceaccount.com"
    assert settings.time_zone == ZoneInfo("UTC")
    assert settings.console_link("a-run") == (
        "https://console.cloud.google.com/vertex-ai/pipelines/locations/us-central1/runs/a-run?project=my-project"
    )


def test_each_variable_has_its_type():
    settings = Settings.from_environment(
        {
            **PROJECT,
            "WINTER_DAYS_TIME_ZONE": "Europe/Berlin",
            "WINTER_DAYS_MAX_BACKFILL_DAYS": "3",
            "WINTER_DAYS_ALLOW_FUTURE_DATES": "true",
            "WINTER_DAYS_PARAMETERS": '{"cutoffs": 3}',
            "WINTER_DAYS_RUN_SERVICE_ACCOUNT": "other@my-project.iam.gserviceaccount.com",
        }
    )
    assert settings.time_zone == ZoneInfo("Europe/Berlin")
    assert (settings.max_backfill_days, settings.allow_future_dates) == (3, True)
    assert settings.parameters == {"cutoffs": 3}
    assert settings.run_service_account == "other@my-project.iam.gserviceaccount.com"
    with pytest.raises(ValidationError, match="frozen"):
        settings.bucket = "another"


def test_a_missing_project_is_named():
    with pytest.raises(SettingsError, match=r"^WINTER_DAYS_PROJECT: is not set, and has no default$"):
        Settings.from_environment({})


@pytest.mark.parametrize(
    ("name", "value", "fault"),
    [
        ("BUKET", "lake", "is none of WINTER_DAYS_PROJECT, WINTER_DAYS_"),
        ("BUCKET", "gs://lake", "should match pattern"),
        ("TIME_ZONE", "Mars/Olympus", "invalid timezone: Mars/Olympus"),
        ("TIME_ZONE", "../../etc/passwd", "invalid timezone"),
        ("MAX_BACKFILL_DAYS", "0", "greater than 0"),
        ("PARAMETERS", "cutoffs=3", "Invalid JSON"),
        ("LABELS", '{"Team": "data"}', "should match pattern"),
        ("RUN_SERVICE_ACCOUNT", "somebody", "should match pattern"),
        ("CONSOLE_URL", "http://x/{run}", "should match pattern '^([^{}]|\\{(location|id|project)\\})+$'"),
    ],
)
def test_a_wrong_variable_is_named_with_what_is_wrong(name, value, fault):
    with pytest.raises(SettingsError) as refused:
        Settings.from_environment({**PROJECT, f"WINTER_DAYS_{name}": value})
    assert str(refused.value).startswith(f"WINTER_DAYS_{name}: ")
    assert fault in str(refused.value)


def test_every_fault_has_a_line():
    with pytest.raises(SettingsError) as refused:
        Settings.from_environment({"WINTER_DAYS_BUCKET": "B", "WINTER_DAYS_X": ""})
    assert len(str(refused.value).splitlines()) == 3
