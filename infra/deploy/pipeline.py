"""Upload the compiled pipeline, with its steps in the commit's image."""

import json

from google.cloud.storage import Client

from components.image import IMAGE
from components.shared.names import SPECIFICATION
from infra.deploy.errors import DeployError
from pipelines.specification import Specification

CALL_SECONDS = 60


def specification(image: str) -> str:
    """Return the pipeline's JSON text, as if compiled with this image in components/image.py."""
    from pipelines.compile import compiled_text  # kfp takes seconds to import

    text = compiled_text()
    if json.dumps(IMAGE) not in text:
        raise DeployError(f"the compiled pipeline does not name {IMAGE}: is components/image.py used?")
    return text.replace(json.dumps(IMAGE), json.dumps(image))


def upload(client: Client, bucket: str, image: str, *, dry_run: bool) -> None:
    """Upload the specification to where the orchestrator keeps it too, unless it is already there."""
    text = specification(image)
    is_other = Specification(text).upload(client.bucket(bucket), dry_run=dry_run, timeout=CALL_SECONDS)
    name, size = f"gs://{bucket}/{SPECIFICATION}", f"{len(text.encode()):,} bytes"
    if not is_other:
        print(f"{name} already uses {image}")
    else:
        print(f"{'would upload' if dry_run else 'uploaded'} {name}, {size}, with {image}")
