"""The settings of the orchestrator, read once from the variables WINTER_DAYS_…."""

from collections.abc import Mapping
from typing import Annotated, Any, Self
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field, Json, ValidationError, model_validator

from components.shared import names
from pipelines.sizes import MOST_SHARDS, TaskLimits

PREFIX = "WINTER_DAYS_"
ACCOUNTS = {
    "orchestrator_service_account": "winter-days-orchestrator-sa",
    "run_service_account": "winter-days-vertex-ai-sa",
    "dataform_service_account": "dataform-exec-sa",
}
CONSOLE = (
    "https://console.cloud.google.com/vertex-ai/pipelines/locations/{location}/runs/{id}?project={project}"
)


class SettingsError(ValueError):
    """Variables are missing, unknown or invalid; the message has one line for each."""


type Project = Annotated[str, Field(pattern=r"^[a-z][-a-z0-9:.]{4,61}[a-z0-9]$")]
type Bucket = Annotated[str, Field(pattern=r"^[a-z0-9][-_.a-z0-9]{1,61}[a-z0-9]$")]
type Location = Annotated[str, Field(pattern=r"^[a-z]+-[a-z]+\d+$")]
type Account = Annotated[str, Field(pattern=r"^[^@\s]+@[^@\s]+$")]
type Link = Annotated[str, Field(pattern=r"^([^{}]|\{(location|id|project)\})+$")]
type Label = Annotated[str, Field(pattern=r"^[-_a-z0-9]{0,63}$")]


class Settings(BaseModel):
    """The orchestrator's settings. Service accounts have their default names unless given."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    project: Project = Field(description="The Google Cloud project")
    orchestrator_service_account: Account = Field(
        description="The account of this service, for its error messages"
    )
    run_service_account: Account = Field(description="The account of a run's steps")
    dataform_service_account: Account = Field(description="The account of Dataform's invocations")
    location: Location = Field(names.LOCATION, description="The region of the runs")
    bucket: Bucket = Field(names.BUCKET, description="The bucket of the pipeline and its artifacts")
    time_zone: ZoneInfo = Field(ZoneInfo("UTC"), description="The time zone in which a run's day begins")
    max_backfill_days: int = Field(92, gt=0, description="Maximum days of one backfill")
    feature_days: int = Field(
        0, ge=0, description="Days for which BigQuery keeps the features of a day; 0 for permanently"
    )
    allow_future_dates: bool = Field(False, description="Whether a run may be for a day in the future")
    retry_seconds: float = Field(
        30.0, gt=0, le=300, description="Seconds for which a request to Google is retried"
    )
    console_url: Link = Field(
        CONSOLE, description="The address of a run in the console, with {location}, {id} and {project}"
    )
    parameters: Json[dict[str, Any]] = Field({}, description="Default parameters of every run")
    labels: Json[dict[Label, Label]] = Field({}, description="Labels of every run")
    machines: Json[dict[str, TaskLimits]] = Field(
        {}, description="Machines by step, instead of those chosen by size"
    )
    most_shards: int = Field(
        MOST_SHARDS,
        ge=1,
        le=MOST_SHARDS,
        description="Parallel tasks of a step, at most; 1 keeps all work in one",
    )

    @model_validator(mode="before")
    @classmethod
    def _name_accounts(cls, given: dict[str, Any]) -> dict[str, Any]:
        domain = f"{given.get('project')}.iam.gserviceaccount.com"
        return {field: f"{name}@{domain}" for field, name in ACCOUNTS.items()} | given

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Self:
        """Return the settings from the variables with our prefix; raise SettingsError naming invalid ones."""
        ours = {name: value for name, value in environment.items() if name.startswith(PREFIX)}
        try:
            return cls.model_validate({name.removeprefix(PREFIX).lower(): ours[name] for name in ours})
        except ValidationError as error:
            raise SettingsError("\n".join(_faults(error))) from None

    def console_link(self, run_id: str) -> str:
        """Return the address of a run in the console."""
        return self.console_url.format(location=self.location, id=run_id, project=self.project)


def _faults(error: ValidationError) -> list[str]:
    known = ", ".join(PREFIX + name.upper() for name in Settings.model_fields)
    plain = {"missing": "is not set, and has no default", "extra_forbidden": f"is none of {known}"}
    return [
        f"{PREFIX}{str(fault['loc'][0]).upper()}: {plain.get(fault['type'], fault['msg'])}"
        for fault in error.errors(include_input=False, include_url=False)
    ]
