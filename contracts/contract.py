"""A contract read from its YAML file, which follows the Open Data Contract Standard."""

from functools import cache
from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel

FOLDER = Path(__file__).parent
REJECTS_ALWAYS_TOLERATED = 5  # this many in a day never stop a run, whatever share of the day they are
BIGQUERY_TYPES = {
    "string": "STRING",
    "integer": "INT64",
    "number": "FLOAT64",
    "boolean": "BOOL",
    "date": "DATE",
    "timestamp": "TIMESTAMP",
}


class Part(BaseModel):
    """A part of the standard: only what this project uses is accepted, and everything else is refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", alias_generator=to_camel)


class Limits(Part):
    """The limits of a field's values."""

    min_length: int | None = None
    pattern: str | None = None
    minimum: int | None = None
    maximum: int | None = None


class ValidValues(Part):
    """The list of values that a rule allows."""

    valid_values: tuple[str, ...]


class Rule(Part):
    """The rule that a field holds no values other than those listed."""

    type: Literal["library"]
    metric: Literal["invalidValues"]
    arguments: ValidValues
    must_be: Literal[0]


class Field(Part):
    """A field of a record; the head of sale.yaml says what its keywords mean for the warehouse."""

    name: str
    logical_type: Literal["string", "integer", "number", "boolean", "date", "timestamp"]
    required: bool
    description: str
    critical_data_element: bool = False
    classification: Literal["personal"] | None = None
    encrypted_name: str | None = None
    transform_logic: Literal["LOWER", "UPPER"] | None = None
    tags: tuple[Literal["plausible", "not_negative"], ...] = ()
    logical_type_options: Limits = Limits()
    quality: tuple[Rule, ...] = ()

    @property
    def type(self) -> str:
        """The field's type in BigQuery."""
        return BIGQUERY_TYPES[self.logical_type]

    @property
    def values(self) -> tuple[str, ...]:
        """The values that the field may hold; empty if any is allowed."""
        return self.quality[0].arguments.valid_values if self.quality else ()


class Schema(Part):
    """The fields of a record, in their order."""

    name: str
    logical_type: Literal["object"]
    properties: tuple[Field, ...]


class Description(Part):
    """What a contract is about."""

    purpose: str


class Contract(Part):
    """The definition of a record."""

    api_version: Literal["v3.1.0"]
    kind: Literal["DataContract"]
    id: str
    name: str
    version: str
    status: Literal["active"]
    description: Description
    schema_: tuple[Schema]

    model_config = ConfigDict(alias_generator=lambda name: to_camel(name).removesuffix("_"))

    @property
    def fields(self) -> tuple[Field, ...]:
        """The record's fields, in their order."""
        return self.schema_[0].properties

    def values(self, name: str) -> tuple[str, ...]:
        """Return the values that a field may hold."""
        return next(field.values for field in self.fields if field.name == name)

    def row(self, **values: Any) -> dict[str, Any]:
        """Return a record with these values in the contract's order; what is not given is null.

        Raises TypeError for a value that the contract does not name.
        """
        blank = dict.fromkeys((field.name for field in self.fields), None)
        if unknown := values.keys() - blank.keys():
            raise TypeError(f"the contract {self.name} has no field {', '.join(sorted(unknown))}")
        return blank | {"schema_version": self.version} | values


@cache
def load(name: str) -> Contract:
    """Return the contract in NAME.yaml; raise ValueError if it does not follow the standard."""
    return Contract.model_validate(yaml.safe_load((FOLDER / f"{name}.yaml").read_text(encoding="utf-8")))


def names() -> list[str]:
    """Return the names of all contracts."""
    return sorted(path.stem for path in FOLDER.glob("*.yaml"))
