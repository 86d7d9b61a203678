"""The compiled pipeline, and the check of a run's parameters against it."""

import base64
import hashlib
import json
import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from orchestrator.errors import InvalidFieldError

LARGEST_INTEGER = 2**53 - 1  # Vertex carries numbers as doubles
LONGEST_TEXT = 10_000
SURROGATE = re.compile("[\ud800-\udfff]")
RESERVED = ("as_of", "run_id", "scored_at", "project", "location", "bucket", "dataform_service_account")
type Parameters = Mapping[str, Any]


@dataclass(frozen=True)
class Spec:
    """A pipeline's specification as JSON text."""

    text: str

    @cached_property
    def digest(self) -> str:
        """The SHA-256 of the text, in hexadecimal."""
        return hashlib.sha256(self.text.encode()).hexdigest()

    @property
    def label(self) -> str:
        """The digest in base 32: a label of Vertex's may hold 63 characters, and this has 52."""
        return base64.b32encode(bytes.fromhex(self.digest)).decode().lower().rstrip("=")

    @cached_property
    def inputs(self) -> dict[str, dict[str, Any]]:
        """The definition of each parameter by its name."""
        inputs: dict[str, dict[str, Any]] = json.loads(self.text)["root"]["inputDefinitions"]["parameters"]
        return inputs

    def check(self, given: Parameters) -> None:
        """Raise InvalidFieldError for a parameter that is unknown, not the caller's to set, or ill typed."""
        for name, value in given.items():
            if fault := self._fault(name, value):
                raise InvalidFieldError(("body", "parameters", name), fault)

    def _fault(self, name: str, value: Any) -> str:
        if name in RESERVED:
            return "is set by the orchestrator" + (
                ": give as_of beside parameters" if name == "as_of" else ""
            )
        if name not in self.inputs:
            settable = sorted(self.inputs.keys() - set(RESERVED))
            return f"is no parameter of the pipeline: there are {', '.join(settable)}"
        wanted, fits = TYPES[self.inputs[name]["parameterType"]]
        return "" if fits(value) else f"must be {wanted}, not {json.dumps(value)[:100]}"


def digest_of(label: str) -> str:
    """Return the digest that a label stands for, in hexadecimal."""
    return base64.b32decode(label.upper() + "====").hex()


def _is_text(value: Any) -> bool:
    """Tell whether a value is text that can be sent: JSON can hold half a character, UTF-8 cannot."""
    return isinstance(value, str) and len(value) <= LONGEST_TEXT and not SURROGATE.search(value)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _is_integer(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and abs(value) <= LARGEST_INTEGER


TYPES: dict[str, tuple[str, Callable[[Any], bool]]] = {
    "STRING": (f"a text of at most {LONGEST_TEXT} characters", _is_text),
    "NUMBER_INTEGER": ("a whole number below 2**53", _is_integer),
    "NUMBER_DOUBLE": ("a number", _is_number),
    "BOOLEAN": ("true or false", lambda value: isinstance(value, bool)),
    "LIST": ("a list", lambda value: isinstance(value, list)),
    "STRUCT": ("an object", lambda value: isinstance(value, dict)),
}
