"""Terraform's outputs for the environment that it created."""

import json
from typing import Self

from pydantic import BaseModel, ConfigDict, ValidationError

from infra.deploy.errors import DeployError, NothingThereError


class Deployed(BaseModel):
    """What a deployment reads before it applies its own version: another version may have written it."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    project: str
    location: str
    build_bucket: str
    build_service_account: str
    registry: str
    image_tag: str
    tables: tuple[str, ...]

    @classmethod
    def parse(cls, text: str) -> Self:
        """Return what `terraform output -json` printed.

        Raises NothingThereError before the first apply, and DeployError if another version was applied last.
        """
        values = {name: output["value"] for name, output in json.loads(text).items()}
        if "project" not in values:
            raise NothingThereError("nothing is deployed yet: run the step apply first")
        try:
            return cls.model_validate(values)
        except ValidationError as error:
            names = ", ".join(str(fault["loc"][0]) for fault in error.errors())
            raise DeployError(
                f"another version was applied last, with other outputs ({names}): run the step release first"
            ) from error


class Outputs(Deployed):
    """The outputs of infra/outputs.tf, one field for each."""

    model_config = ConfigDict(extra="forbid")

    time_zone: str
    bucket: str
    dataform_repository: str
    dataform_workspace: str
    dataform_service_account: str
    sources: str
    datasets: dict[str, str]
    key_table: str
    orchestrator: str
    looker_studio: str

    @property
    def steps_image(self) -> str:
        """The image that the pipeline's steps run in."""
        return f"{self.registry}/batch-steps-python:{self.image_tag}"
