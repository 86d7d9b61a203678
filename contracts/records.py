"""The rows of a contract as a pydantic model, which refuses what the contract does not allow."""

from datetime import date, datetime
from functools import cache
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, create_model
from pydantic import Field as Constraint

from contracts.contract import Field, load


def _with_offset(text: str) -> str:
    if datetime.fromisoformat(text).tzinfo is None:
        raise ValueError("an ISO-8601 timestamp with its offset from UTC is expected")
    return text


TYPES: dict[str, Any] = {
    "string": str,
    "integer": int,
    "number": float,
    "boolean": bool,
    "date": date,
    "timestamp": AwareDatetime | Annotated[str, AfterValidator(_with_offset)],
}


class Record(BaseModel):
    """A row of a contract: frozen, and refusing fields that the contract does not name."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


@cache
def record_model(name: str) -> type[Record]:
    """Return the model of the rows of a contract."""
    fields: dict[str, Any] = {field.name: _definition(field) for field in load(name).fields}
    return create_model(name.title(), __base__=Record, **fields)


def _definition(field: Field) -> tuple[Any, Any]:
    kind = Literal[field.values] if field.values else TYPES[field.logical_type]
    limits = field.logical_type_options
    constraint = Constraint(
        description=field.description,
        min_length=limits.min_length,
        pattern=limits.pattern,
        ge=limits.minimum,
        le=limits.maximum,
    )
    return (kind if field.required else kind | None), constraint
