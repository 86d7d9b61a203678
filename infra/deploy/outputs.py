"""Terraform's outputs for the environment that it created."""

import json
from typing import Self

from pydantic import BaseModel, ConfigDict

from infra.deploy.errors import NothingThereError


class Outputs(BaseModel):
    """The outputs of infra/outputs.tf, one field for each."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    project: str
    location: str
    time_zone: str
    bucket: str
    build_bucket: str
    build_service_account: str
    registry: str
    image_tag: str
    dataform_repository: str
    dataform_workspace: str
    dataform_service_account: str
    sources: str
    datasets: dict[str, str]
    key_table: str
    tables: tuple[str, ...]
    orchestrator: str
    looker_studio: str

    @classmethod
    def parse(cls, text: str) -> Self:
        """Return what `terraform output -json` printed; raise NothingThereError before the first apply."""
        values = {name: output["value"] for name, output in json.loads(text).items()}
        if "project" not in values:
            raise NothingThereError("nothing is deployed yet: run the step apply first")
        return cls.model_validate(values)

    @property
    def steps_image(self) -> str:
        """The image that the pipeline's steps run in."""
        return f"{self.registry}/batch-steps-python:{self.image_tag}"
