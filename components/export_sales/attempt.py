"""One attempt at an export, which turns what was found at the source into files, index and manifest."""

import tempfile
import uuid
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property
from typing import Any

import pyarrow as pa
from google.cloud.storage import Bucket

from components.export_sales import index, unfinished
from components.export_sales.counts import VersionCounts
from components.export_sales.documents import datetime_to_micros
from components.export_sales.index import UNKNOWN, UNSAID, IndexWriter, Version
from components.export_sales.manifest import (
    OF_MAPPINGS,
    OF_MODES,
    Export,
    Manifest,
    suffix,
    write_manifest,
)
from components.export_sales.modes import CHANGELOG, SCAN, Mode
from components.export_sales.passes import FullPass, Pass
from components.export_sales.unfinished import Part, Plan
from components.export_sales.writer import ExportWriter
from components.shared.errors import StepError
from contracts.contract import REJECTS_ALWAYS_TOLERATED

AHEAD_OF_UTC = timedelta(hours=14)  # in the time zone where a day begins first


@dataclass(frozen=True)
class Base:
    """What an export of a day builds on, its mode, and the share of rejects that it tolerates."""

    lake: Bucket
    exports: list[Export]
    day: date
    max_reject_share: float
    mode: Mode

    @property
    def newest(self) -> Manifest | None:
        """The newest export's manifest."""
        return self.exports[-1].manifest if self.exports else None

    @cached_property
    def is_index_whole(self) -> bool:
        """Whether the index that reveals changes is complete, as of the first call."""
        return bool(self.exports) and index.is_whole(self.lake, self.exports[-1])

    @property
    def is_over(self) -> bool:
        """Whether a later day has been exported, so that what was known of this one is final."""
        return bool(self.exports) and self.exports[-1].day > self.day

    @property
    def late_until(self) -> int:
        """The newest export's read time if it may have missed older documents, else UNKNOWN.

        A scan misses nothing, though a change log may describe it differently; and once the index is gone,
        what all exports knew is no longer known.
        """
        newest = self.newest
        if newest is None or not self.is_index_whole or (self.mode.name != CHANGELOG and not newest.mode):
            return UNKNOWN
        return datetime_to_micros(newest.read_at)


class Attempt:
    """One attempt at an export, building on what is published."""

    schema: pa.Schema = index.SCHEMA

    def __init__(self, base: Base, snapshot: Any, place: str, looked: Pass) -> None:
        """Take the documents found, their place as errors name it, and how they were found."""
        self._base, self._lake, self._exports, self._day = base, base.lake, base.exports, base.day
        self._snapshot, self._place, self._pass = snapshot, place, looked
        self._read_time = datetime_to_micros(snapshot.moment)
        self._late_until = base.late_until
        self._today = [export for export in self._exports if export.day == self._day]
        self._number = self._today[-1].number + 1 if self._today else 1
        self._counts = VersionCounts()
        self._left_out: Counter[str] = Counter()

    def export(self, plan: Plan | None = None, parts: Sequence[Part] = ()) -> Manifest:
        """Write the files and, unless a repeated export of a day found nothing new, index and manifest.

        A planned export's files are already written; parts describes them, and they are kept until there is a
        manifest.
        """
        kept_files = [name for export in self._today for name in export.manifest.files]
        kept_files += [name for part in parts for name in part.files]
        with self._writers(plan.export_id if plan else uuid.uuid4().hex) as (writer, index_writer):
            try:
                if parts:
                    self._join(writer, index_writer, parts)
                else:
                    self._write(writer, index_writer)
                self._check(writer)
                manifest = self._manifest(writer)
                if self._today and not writer.rows and not self._differs_from_last(manifest):
                    return manifest
                manifest = self._publish(manifest, index_writer)
                kept_files += manifest.files
            finally:
                writer.delete_all_but(kept_files)
        if index.prune(self._lake, [*self._exports, Export(self._day, self._number, manifest)]):
            unfinished.discard(self._lake, kept=manifest.export_id)
        return manifest

    def export_part(self, plan: Plan, shard: int) -> Part:
        """Write a shard's files and its part of the index, and return a description of them."""
        name = unfinished.index_name(plan, shard)
        with self._writers(plan.export_id, f"-{shard:05}") as (writer, index_writer):
            self._write(writer, index_writer)
            index_writer.upload(self._lake, name)
        return Part(
            counts=self._counts,
            looked=self._pass.counts,
            left_out=dict(self._left_out),
            rows=writer.rows,
            files=writer.files,
            rejected=writer.rejected,
            rejects_name=writer.rejects_name,
            first_rejects=writer.first_rejects,
            first_sold=writer.first_sold,
            index=name,
        )

    @contextmanager
    def _writers(self, export_id: str, shard: str = "") -> Iterator[tuple[ExportWriter, IndexWriter]]:
        """Open the writers of an export's files and of what the next export builds on."""
        with (
            tempfile.TemporaryFile() as rejects,
            tempfile.TemporaryFile() as file,
            self._pass.index_writer(file, self.schema) as index_writer,
        ):
            writer = ExportWriter(self._lake, self._day, export_id, suffix(self._number), rejects, shard)
            yield writer, index_writer

    def _publish(self, manifest: Manifest, index_writer: IndexWriter) -> Manifest:
        """Upload the index, then the manifest, with which the export counts."""
        entries = self._pass.publish(index_writer, self._day, manifest.export_id)
        manifest = manifest.model_copy(update=entries)
        write_manifest(self._lake, Export(self._day, self._number, manifest))
        return manifest

    def _join(self, writer: ExportWriter, index_writer: IndexWriter, parts: Sequence[Part]) -> None:
        """Merge what the shards have written; their indexes follow one another in order."""
        for part in parts:
            writer.take(part)
            self._counts += part.counts
            self._pass.counts += part.looked
            self._left_out.update(part.left_out)
            with tempfile.TemporaryFile() as file:
                self._lake.blob(part.index).download_to_file(file)
                index_writer.take(file)

    def _differs_from_last(self, manifest: Manifest) -> bool:
        """Return whether an export without rows still differs from the previous one."""
        before = self._exports[-1].manifest
        told = (OF_MAPPINGS | OF_MODES) - {"deltas"}
        return any(getattr(manifest, name) != getattr(before, name) for name in told)

    def _write(self, writer: ExportWriter, index_writer: IndexWriter) -> None:
        self._write_all(writer, index_writer)
        writer.finish()

    def _write_all(self, writer: ExportWriter, index_writer: IndexWriter) -> None:
        for now, then in self._pass.differences(index_writer):
            if then:
                self._add_gone(then, self._version(now).document_id if now else None, writer)
            if now is None:
                continue
            version = self._version(now)
            index_writer.add(version)
            if self._is_same(now, then):
                self._counts.unchanged += 1
                continue
            self._counts += VersionCounts(new=not then, changed=bool(then))
            self._take(now, self._known_from(version, then), writer)
        self._counts.read = self._counts.new + self._counts.changed
        self._counts.unreadable = writer.rejected

    def _version(self, document: Any) -> Version:
        return index.version_of(document)

    def _is_same(self, document: Any, then: Version | None) -> bool:
        """Return whether a document is unchanged; an export from a change log may lack its creation time."""
        version = self._version(document)
        if then and then.create_time == UNSAID:
            return version.update_time == then.update_time
        return then is not None and version.is_same_write(then)

    def _take(self, document: Any, known_from: int | None, writer: ExportWriter) -> None:
        writer.add(document, known_from)

    def _add_gone(self, then: Version, kept: str | None, writer: ExportWriter) -> None:
        """Record as deleted the sales that a document no longer holds: with a mapping, maybe several."""
        for record_id in then.records:
            if record_id != kept:
                self._counts.deleted += 1
                gone = then._replace(document_id=record_id)
                writer.add_deleted(gone, self._read_time)

    def _known_from(self, version: Version, then: Version | None) -> int | None:
        """Return when a version became known; None for history, which the first export reads."""
        if not self._exports:
            return None
        if self._exports[-1].manifest.source or version.update_time <= self._late_until:
            return self._read_time  # another source was read before, or this was missed
        return version.known_from(was_there=then is not None and self._is_same_life(version, then))

    def _is_same_life(self, version: Version, then: Version) -> bool:
        return version.is_same_life(then)

    def _check(self, writer: ExportWriter) -> None:
        found, unreadable = self._counts.read, self._counts.unreadable
        if not self._pass.totals(self._counts)["documents"]:
            raise StepError(self._nothing_found())
        if not self._exports and unreadable == found:
            raise StepError(f"none of the {found} documents can be read: {self._reject_hint(writer)}")
        if unreadable > max(REJECTS_ALWAYS_TOLERATED, self._base.max_reject_share * found):
            raise StepError(
                f"{unreadable} of {found} changed documents cannot be read, more than the share "
                f"{self._base.max_reject_share:.1%} that max_reject_share allows: {self._reject_hint(writer)}"
            )

    def _nothing_found(self) -> str:
        return (
            f"the collection {self._place} is empty: run python -m generators.sales, or import your own sales"
        )

    def _reject_hint(self, writer: ExportWriter) -> str:
        """Return where the rejects are, the first of them, and what may help."""
        where = f"see the reasons in gs://{self._lake.name}/{writer.rejects_name}"
        return f"{where}. The first: {'; '.join(writer.first_rejects)}. {self._advice()}"

    def _advice(self) -> str:
        return (
            "If another program writes the documents, describe them in a mapping: "
            "the parameter sales_mapping, docs/your-data.md"
        )

    def _manifest(self, writer: ExportWriter) -> Manifest:
        before = self._exports[-1].manifest.first_sale if self._exports else None
        first_sales = [day.isoformat() for day in [writer.first_sale()] if day] + ([before] if before else [])
        first_sale = min(first_sales, default=None)
        check_first_sale(self._day, first_sale)
        return Manifest.model_validate(
            {
                "export_id": writer.export_id,
                "read_time": self._snapshot.moment.isoformat(),
                "new": self._counts.new,
                "changed": self._counts.changed,
                "deleted": self._counts.deleted,
                "rows": writer.rows,
                "rejects": writer.rejected,
                "files": writer.files,
                "first_sale": first_sale,
                "sources": sources(self._exports) if _is_by_mapping(self._exports) else [],
                **self._pass.totals(self._counts),
                **self._mode_entries(),
            }
        )

    def _mode_entries(self) -> dict[str, Any]:
        """Return the manifest's entries on the mode; full_pass keeps its value unless this is one."""
        mode = self._base.mode
        if mode.name == SCAN:
            return {}
        is_full = isinstance(self._pass, FullPass)
        newest = self._base.newest
        full_pass = self._day if is_full or newest is None else newest.full_pass
        return {**mode.manifest_entries(), "full_pass": full_pass}


def _is_by_mapping(exports: list[Export]) -> bool:
    return bool(exports and exports[-1].manifest.sources)


def sources(exports: list[Export]) -> list[str]:
    """Return all sources ever exported, "" standing for documents in the contract's format."""
    if not exports:
        return []
    manifest = exports[-1].manifest
    return sorted({*(manifest.sources or [""]), manifest.source})


def check_first_sale(day: date, first_sale: str | None) -> None:
    """Raise StepError for a day before the first sale."""
    if first_sale and day < date.fromisoformat(first_sale):
        raise StepError(f"the first sale is on {first_sale}: nothing is known as of {day}")


def refuse_future_day(day: date, read_time: datetime) -> None:
    """Raise StepError for a day that has not begun in any time zone by the source's clock."""
    if (read_time + AHEAD_OF_UTC).date() < day:
        now = f"by the source's clock it is {read_time.isoformat()}"
        raise StepError(f"as_of {day} has not begun, {now}: choose an earlier as_of")
