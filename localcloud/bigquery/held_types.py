"""Types that DuckDB or its storage lacks, held in a struct of one text, which DuckDB cannot compute with."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from local_bigquery.engine import types
from local_bigquery.errors import BigQueryError, not_implemented
from local_bigquery.jobs import query
from local_bigquery.models import TableFieldSchema


@dataclass(frozen=True)
class HeldType:
    """A type by its name in BigQuery, held in a struct of this member; `use` is what is refused of it."""

    name: str
    member: str
    use: str

    @property
    def struct(self) -> str:
        """The type of DuckDB."""
        return f"STRUCT({self.member} VARCHAR)"

    def holds(self, kind: Any) -> bool:
        """Return whether a type of DuckDB is that of such values."""
        return str(kind.id) == "struct" and [name for name, _ in kind.children] == [self.member]

    def read(self, text: Callable[[str], str]) -> None:
        """Patch the engine to read such values, of which `text` returns the SQL of the text in answers."""
        types.field = self._wrap_field(types.field)
        types.normalised = self._wrap_normalised(types.normalised)
        types._encode = self._wrap_encode(types._encode, text)
        query.from_duckdb = self._wrap_from_duckdb(query.from_duckdb)

    def _wrap_field(self, field: Callable[..., TableFieldSchema]) -> Callable[..., TableFieldSchema]:
        def held_field(name: str, kind: Any, required: bool = False) -> TableFieldSchema:
            if not self.holds(kind):
                return field(name, kind, required)
            return TableFieldSchema(name=name, type=self.name, mode="REQUIRED" if required else "NULLABLE")

        return held_field

    def _wrap_normalised(self, normalised: Callable[[Any], str]) -> Callable[[Any], str]:
        return lambda kind: self.struct if self.holds(kind) else normalised(kind)

    def _wrap_encode(self, encode: Callable[..., str], text: Callable[[str], str]) -> Callable[..., str]:
        return lambda sql, kind, *more: text(sql) if self.holds(kind) else encode(sql, kind, *more)

    def _wrap_from_duckdb(self, from_duckdb: Callable[..., BigQueryError]) -> Callable[..., BigQueryError]:
        """Answer 501 where DuckDB refuses to compute with a held value."""

        def translate_error(error: Exception, *more: Any) -> BigQueryError:
            translated = from_duckdb(error, *more)
            if self.member not in str(error):
                return translated
            return not_implemented(f"This use of {self.use} ({translated.message})")

        return translate_error
