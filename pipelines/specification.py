"""The compiled pipeline: its file, and its upload to the bucket by the orchestrator and by a deployment."""

import base64
import hashlib
import json
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from google.api_core.exceptions import PreconditionFailed
from google.cloud.storage import Bucket

from components.shared.names import SPECIFICATION

COMPILED = Path(__file__).parents[1] / "compiled" / "customer_churn_pipeline.json"  # as committed
KEPT = "mlops/pipelines/sha256-{}.json"


@dataclass(frozen=True)
class Specification:
    """A pipeline's specification as JSON text."""

    text: str

    @cached_property
    def label(self) -> str:
        """The SHA-256 of the text in base 32, 52 characters: Vertex AI's labels have at most 63."""
        return base64.b32encode(hashlib.sha256(self.text.encode()).digest()).decode().lower().rstrip("=")

    @cached_property
    def content(self) -> dict[str, Any]:
        """The parsed specification; changing it changes this object."""
        content: dict[str, Any] = json.loads(self.text)
        return content

    @property
    def parameters(self) -> dict[str, dict[str, Any]]:
        """The definition of each of the pipeline's parameters, by name."""
        parameters: dict[str, dict[str, Any]] = self.content["root"]["inputDefinitions"]["parameters"]
        return parameters

    def upload(self, bucket: Bucket, *, dry_run: bool = False, **call: Any) -> bool:
        """Upload it to the bucket, after a copy named by its digest; return False if it is already there.

        `call` holds the options of each request, such as its timeout. Raises PreconditionFailed if somebody
        else uploaded another one at the same time: theirs stays.
        """
        current = bucket.get_blob(SPECIFICATION, **call)
        if current and current.md5_hash == self._md5:
            return False
        if not dry_run:
            with suppress(PreconditionFailed):  # the copy is there already
                self._write(bucket, kept_name(self.label), 0, call)
            self._write(bucket, SPECIFICATION, current.generation if current else 0, call)
        return True

    @property
    def _md5(self) -> str:
        return base64.b64encode(hashlib.md5(self.text.encode(), usedforsecurity=False).digest()).decode()

    def _write(self, bucket: Bucket, name: str, generation: int, call: dict[str, Any]) -> None:
        bucket.blob(name).upload_from_string(
            self.text, content_type="application/json", if_generation_match=generation, **call
        )


def kept_name(label: str) -> str:
    """Return the name of the copy that a label identifies; it contains the digest in hexadecimal."""
    return KEPT.format(base64.b32decode(label.upper() + "====").hex())
