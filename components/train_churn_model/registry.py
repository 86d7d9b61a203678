"""Models in Vertex AI Model Registry: a model per horizon, a version per training, aliases for the best."""

import json
import re
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from types import ModuleType
from typing import Any

from google.api_core.exceptions import NotFound

from components.churn_model import saved_model
from components.image import IMAGE
from components.shared.clients import storage_client, vertex_sdk
from components.shared.names import MODEL_NAME
from components.shared.retries import retry_transient

CHAMPION_ALIAS, CHALLENGER_ALIAS = "champion", "challenger"
PREFIX = "mlops/models"
VERSIONS_A_PAGE = 100
LONGEST_DESCRIPTION = 500
CALL_SECONDS = 120  # without it, a response that never comes would be waited for forever


@dataclass(frozen=True)
class Registry:
    """The registry of a project's churn models for one horizon; their files are in the bucket."""

    project: str
    location: str
    bucket: str
    horizon_days: int

    @property
    def model_id(self) -> str:
        """The id of the model that has all versions."""
        return f"customer-churn-{self.horizon_days}-days"

    @retry_transient
    def fetch_champion(self, as_of: date, folder: Path) -> bool:
        """Copy the champion's artifact, as of a date, into a folder; return False if there was none.

        A model promoted after the date is left out: it knows what came later.
        """
        promoted = [
            (version.labels["promoted"], int(version.version_id), version.artifact_uri)
            for version in self._versions()
            if version.labels.get("promoted", "never") <= as_of.isoformat()
        ]
        if not promoted:
            return False
        fetch_version(self.project, self.bucket, max(promoted)[2].rpartition("/")[2], folder)
        return True

    @retry_transient
    def register(self, folder: Path, as_of: date, promoted: bool) -> str:
        """Upload an artifact as a new version, and return its resource name with the version.

        A repeated run finds the existing version. Its alias is champion if promoted, else challenger.
        """
        manifest = json.loads((folder / saved_model.MANIFEST).read_text(encoding="utf-8"))
        versions = self._versions()
        for known in versions:
            if known.labels.get("digest") == manifest["version"]:
                return f"{known.name}@{known.version_id}"
        alias = CHAMPION_ALIAS if promoted else CHALLENGER_ALIAS
        name = f"projects/{self.project}/locations/{self.location}/models/{self.model_id}"
        uploaded = self._sdk().Model.upload(
            display_name=MODEL_NAME,
            description=f"Probability of no purchase in {self.horizon_days} days",
            **({"parent_model": name} if versions else {"model_id": self.model_id}),
            artifact_uri=self.keep(folder, manifest["version"]),
            serving_container_image_uri=IMAGE,
            is_default_version=promoted or not versions,
            version_aliases=[alias],
            version_description=_description(manifest),
            labels=_labels(manifest, as_of, promoted),
            upload_request_timeout=CALL_SECONDS,
        )
        return str(uploaded.versioned_resource_name)

    def keep(self, folder: Path, version: str) -> str:
        """Copy an artifact to the bucket, the manifest last, and return its address."""
        prefix = f"{PREFIX}/{version}"
        bucket = storage_client(self.project).bucket(self.bucket)
        for name in (saved_model.MODEL, saved_model.MANIFEST):
            bucket.blob(f"{prefix}/{name}").upload_from_filename(str(folder / name))
        return f"gs://{self.bucket}/{prefix}"

    @retry_transient
    def keep_day(self, folder: Path, version: str, as_of: date) -> None:
        """Store how a model is adapted to a day, as its folder says, for explaining that day's scores."""
        if (folder / saved_model.DAY).exists():
            blob = storage_client(self.project).bucket(self.bucket).blob(day_name(version, as_of))
            blob.upload_from_filename(str(folder / saved_model.DAY))

    def _versions(self) -> list[Any]:
        """Return all versions, none when the model does not exist."""
        name = f"projects/{self.project}/locations/{self.location}/models/{self.model_id}"
        client = (
            self._sdk()
            .models.ModelRegistry(self.model_id, location=self.location, project=self.project)
            .client
        )
        try:
            request = {"name": name, "page_size": VERSIONS_A_PAGE}
            return list(client.list_model_versions(request=request, timeout=CALL_SECONDS))
        except NotFound:
            return []

    def _sdk(self) -> ModuleType:
        return vertex_sdk(self.project, self.location)


def day_name(version: str, on: date) -> str:
    """Return the object's name for how a version was adapted to a day; a fallback shares the model's."""
    return f"{PREFIX}/{origin_of(version)}/days/{on}.json"


def origin_of(version: str) -> str:
    """Return the version that a version's files belong to: fallback and base rate have none of their own."""
    return "-".join(version.split("-")[:2])


def fetch_day(project: str, bucket: str, version: str, on: date) -> str | None:
    """Return how a version was adapted to a day; None for days before this was stored."""
    try:
        return str(storage_client(project).bucket(bucket).blob(day_name(version, on)).download_as_text())
    except NotFound:
        return None


def fetch_version(project: str, bucket: str, version: str, folder: Path) -> None:
    """Copy a version's artifact into a folder; raise NotFound if it is no longer in the bucket."""
    folder.mkdir(parents=True, exist_ok=True)
    blobs = storage_client(project).bucket(bucket)
    for name in (saved_model.MODEL, saved_model.MANIFEST):
        blobs.blob(f"{PREFIX}/{version}/{name}").download_to_filename(str(folder / name))


def _description(manifest: dict[str, Any]) -> str:
    """Return why a version serves or not, with what was decided about its spend model if there is one."""
    spend = manifest.get("spend") or {}
    said = [manifest["decision"], *([f"Expected spend: {spend['decision']}"] if "decision" in spend else [])]
    return " ".join(said)[:LONGEST_DESCRIPTION]


def _labels(manifest: dict[str, Any], as_of: date, promoted: bool) -> dict[str, str]:
    """Return the labels that a version is found by, which hold only lower-case letters, digits, _ and -."""
    labels = {
        "digest": manifest["version"],
        "as-of": as_of.isoformat(),
        "horizon-days": str(manifest["horizon_days"]),
        "rows": str(manifest["rows"]),
        "newest-cutoff": str(manifest["cutoff_dates"][-1]),
    }
    for name in ("roc_auc", "log_loss", "expected_calibration_error"):
        labels[name] = f"{manifest['metrics'][name]:.4f}".replace(".", "-")
    if spread := manifest.get("spread", {}).get("roc_auc"):
        for end in ("low", "high", "dates"):
            labels[f"roc_auc_{end}"] = f"{spread[end]:.4g}".replace(".", "-")
    spend = manifest.get("spend") or {}
    for name, value in (spend.get("figures") or {}).items():
        labels[name] = f"{value:.4f}".replace(".", "-")
    if "promoted" in spend:
        labels["spend_promoted"] = "yes" if spend["promoted"] else "no"
    if promoted:
        labels["promoted"] = as_of.isoformat()
    return {key: re.sub(r"[^a-z0-9_-]", "-", value.lower()) for key, value in labels.items()}
