"""Upload the compiled pipeline, its steps in the image of the commit."""

import base64
import hashlib
import json

from google.cloud.storage import Client

from components.image import IMAGE
from components.shared.names import SPECIFICATION
from infra.deploy.errors import DeployError

CALL_SECONDS = 60


def specification(image: str) -> str:
    """Return the pipeline as JSON text, as it compiles where components/image.py names this image."""
    from pipelines.compile import compiled_text  # kfp takes seconds to import

    text = compiled_text()
    if json.dumps(IMAGE) not in text:
        raise DeployError(f"the compiled pipeline does not name {IMAGE}: is components/image.py used?")
    return text.replace(json.dumps(IMAGE), json.dumps(image))


def upload(client: Client, bucket: str, image: str, *, dry_run: bool) -> None:
    """Put the specification where the orchestrator keeps it too, unless the same lies there."""
    data = specification(image).encode()
    name = f"gs://{bucket}/{SPECIFICATION}"
    current = client.bucket(bucket).get_blob(SPECIFICATION, timeout=CALL_SECONDS)
    if (
        current
        and current.md5_hash == base64.b64encode(hashlib.md5(data, usedforsecurity=False).digest()).decode()
    ):
        print(f"{name} is of {image} already")
    elif dry_run:
        print(f"would upload {name}, {len(data):,} bytes, of {image}")
    else:
        blob = client.bucket(bucket).blob(SPECIFICATION)
        generation = current.generation if current else 0
        blob.upload_from_string(
            data, content_type="application/json", if_generation_match=generation, timeout=CALL_SECONDS
        )
        print(f"uploaded {name}, {len(data):,} bytes, of {image}")
