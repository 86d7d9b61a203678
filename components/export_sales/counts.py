"""What an export counts, by name, so that a misspelt one is an error and not 0; shards store it as JSON."""

from dataclasses import astuple, dataclass
from operator import add
from typing import Annotated, Self

from pydantic import Field, NonNegativeInt


@dataclass(slots=True)
class _Counts:
    def __add__(self, other: Self) -> Self:
        return type(self)(*map(add, astuple(self), astuple(other)))


@dataclass(slots=True)
class VersionCounts(_Counts):
    """The versions that an export found, and how many documents it read to find them.

    new and changed make read, of which unreadable are rejects. With a mapping the former count sales, the
    latter documents, and source_rows all rows of the source.
    """

    new: NonNegativeInt = 0
    changed: NonNegativeInt = 0
    deleted: NonNegativeInt = 0
    unchanged: NonNegativeInt = 0
    read: NonNegativeInt = 0
    unreadable: NonNegativeInt = 0
    source_rows: NonNegativeInt = 0


@dataclass(slots=True)
class PassCounts(_Counts):
    """The documents that a pass looked at, those without a time in changed_field, or without an event."""

    looked_at: Annotated[
        NonNegativeInt, Field(validation_alias="looked at", serialization_alias="looked at")
    ] = 0
    unstamped: NonNegativeInt = 0
    unlogged: NonNegativeInt = 0
