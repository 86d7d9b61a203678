"""An attempt to export your own source with a mapping."""

from collections import Counter
from typing import Any

from components.export_sales import index
from components.export_sales.attempt import Attempt, Base, sources
from components.export_sales.index import Difference, IndexWriter
from components.export_sales.manifest import Manifest
from components.export_sales.mapped import (
    MappedWriter,
    SourceDocument,
    Times,
    from_firestore,
)
from components.export_sales.mappings import NamedMapping
from components.export_sales.passes import Pass
from components.export_sales.writer import ExportWriter
from sources.documents import DocumentReader


class MappedAttempt(Attempt):
    """An attempt to export your own source with a mapping."""

    schema = index.MAPPED_SCHEMA

    def __init__(self, base: Base, snapshot: Any, named: NamedMapping, looked: Pass) -> None:
        """Take the documents found, the mapping, and how the documents were found."""
        super().__init__(base, snapshot, named.source, looked)
        self._named = named

    def _write_all(self, writer: ExportWriter, index_writer: IndexWriter) -> None:
        with DocumentReader(self._named.mapping) as reader:
            mapped = MappedWriter(reader, self._times(), writer, index_writer)
            mapped.write(map(_as_source, self._pass.differences(index_writer)))
        self._counts, self._left_out = mapped.counts, mapped.left_out

    def _times(self) -> Times:
        newest = self._base.newest
        same = newest and (newest.source, newest.mapping_digest) == (self._place, self._named.digest)
        return Times(
            read_time=self._read_time,
            is_read_anew=not same,
            is_history=self._place not in sources(self._exports),
        )

    def _nothing_found(self) -> str:
        if not self._left_out:
            return f"{self._place} is empty: {self._named.name} says where the sales are"
        return (
            f"{self._place} contains no sale: all of {self._counts.source_rows:,} documents were left out "
            f"({_describe_counts(self._left_out)}); {self._named.name} says which are sales"
        )

    def _advice(self) -> str:
        return f"The mapping {self._named.name} describes the documents: docs/your-data.md"

    def _manifest(self, writer: ExportWriter) -> Manifest:
        more = {
            "source": self._place,
            "sources": sorted({*sources(self._exports), self._place}),
            "mapping": self._named.name,
            "mapping_digest": self._named.digest,
            "source_rows": self._counts.source_rows,
            "left_out": dict(self._left_out.most_common()),
        }
        return super()._manifest(writer).model_copy(update=more)


def _as_source(each: Difference) -> Difference:
    is_one = each.now is None or isinstance(each.now, SourceDocument)
    return each if is_one else Difference(from_firestore(each.now), each.before)


def _describe_counts(counts: Counter[str]) -> str:
    return ", ".join(f"{reason}: {count:,}" for reason, count in counts.most_common(3))
