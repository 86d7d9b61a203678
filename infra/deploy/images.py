"""Build the images of a commit with Cloud Build and push them."""

import tempfile
from pathlib import Path

from infra.deploy.commands import read, run, succeeds
from infra.deploy.outputs import Deployed

NAMES = ("batch-steps-python", "generators", "orchestrator")


def build(outputs: Deployed, tag: str, *, dry_run: bool) -> None:
    """Build exactly what the commit contains, unless its images already exist."""
    if dry_run:
        print(f"would build {', '.join(NAMES)} of {tag} into {outputs.registry}")
        return
    if all(_exists(f"{outputs.registry}/{name}:{tag}") for name in NAMES):
        print(f"the images of {tag} are already in {outputs.registry}")
        return
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / f"{tag}.tar.gz"
        read("git", "archive", f"--output={source}", "HEAD")
        run(
            *("gcloud", "builds", "submit", str(source), "--config=cloudbuild.yaml"),
            f"--project={outputs.project}",
            f"--region={outputs.location}",
            f"--service-account={outputs.build_service_account}",
            f"--gcs-source-staging-dir=gs://{outputs.build_bucket}/source",
            f"--substitutions=_REGISTRY={outputs.registry},_TAG={tag}",
        )


def _exists(image: str) -> bool:
    return succeeds("gcloud", "artifacts", "docker", "images", "describe", image)
