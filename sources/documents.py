"""Read documents, or a table's rows as documents, as sales: in batches, with the same SQL as files.

reader = DocumentReader(mapping)
for outcome in reader.read([("a1", '{"userId": "u1", …}'), …]):
    outcome.sales or outcome.reason or outcome.left_out
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import duckdb

from sources.mapping import BadMappingError, Mapping
from sources.meaning.lines import Reading, create_lines_view, create_views
from sources.meaning.reasons import reason_of
from sources.meaning.texts import Layout

HERE = Path(__file__).parent / "meaning"


@dataclass
class DocumentSales:
    """What a document became: `sales`, or the `reason` for rejecting it, or why it is `left_out`."""

    sales: list[dict[str, Any]] = field(default_factory=list)
    reason: str | None = None
    left_out: str | None = None


class DocumentReader:
    """A reader of documents with a mapping; it has its own connection, which only one thread may use.

    Nothing depends on the other documents of a batch, so times are read with time.formats, or without them
    only in ISO 8601; numbers with `decimal`, or without it as in JSON. `source` is the sales' source, by
    default the mapping's name. Raises BadMappingError if a mapping cannot be used for documents.
    """

    def __init__(self, mapping: Mapping, *, source: str | None = None) -> None:
        if mapping.amount.means == "order_total_repeated":
            raise BadMappingError(
                f"{mapping.name}: amount.means: order_total_repeated needs all rows of an order together: "
                f"in a "
                "query, take each order's total once, and row: order"
            )
        if mapping.fill_down:
            raise BadMappingError(f"{mapping.name}: fill_down needs the rows of a file, in their order")
        self._con = duckdb.connect()
        self._con.execute(
            "set memory_limit = '400MB'; set threads = 1; set autoinstall_known_extensions = false"
        )
        self._con.execute("create table raw (n bigint, file varchar, document varchar, doc json)")
        create_lines_view(self._con, mapping, Layout(columns=(), nested=True, documents=True))
        reading = Reading(
            source=source or mapping.name,
            decimal=mapping.decimal,
            alone=True,
            blank_status=_blank_status(mapping),
        )
        create_views(self._con, mapping, reading, as_table=False)
        self._prepare()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Release the memory."""
        self._con.close()

    def read(self, batch: Sequence[tuple[str, str]]) -> list[DocumentSales]:
        """Return what each document, given as (id, fields as JSON), became, in order."""
        outcomes = [DocumentSales() for _ in batch]
        self._con.execute("begin")
        self._con.execute("delete from raw; delete from judged")
        self._con.execute(self._take, [[each[0] for each in batch], [each[1] for each in batch]])
        self._con.execute("insert into judged from money_of_raw")
        for n, reason, left_out in self._refused():
            outcomes[n - 1] = DocumentSales(reason=reason, left_out=None if reason else left_out)
        for n, sale in self._sales():
            if outcomes[n - 1].reason is None:
                outcomes[n - 1].left_out = None
                outcomes[n - 1].sales.append(sale)
        self._con.execute("commit")
        return outcomes

    def _prepare(self) -> None:
        con = self._con
        con.execute("alter view money rename to money_of_raw")
        con.execute("create table judged as from money_of_raw limit 0")
        con.execute("create view money as from judged")
        self._take = (HERE / "take.sql").read_text(encoding="utf-8")
        self._refuse = (HERE / "refused.sql").read_text(encoding="utf-8")

    def _refused(self) -> Iterator[tuple[int, str | None, str | None]]:
        """Yield (document, reason, left out) of each line that is not accepted, those with a reason last."""
        for n, is_document, unread, text, set_aside, left_out in self._con.execute(self._refuse).fetchall():
            yield (
                n,
                reason_of(unread, text, set_aside) if is_document else "it is not a JSON document",
                left_out,
            )

    def _sales(self) -> Iterator[tuple[int, dict[str, Any]]]:
        found = self._con.execute("from sales")
        names = [column[0] for column in found.description or ()]
        for row in found.fetchall():
            sale = dict(zip(names, row, strict=True))
            yield int(sale.pop("n")), sale


def _blank_status(mapping: Mapping) -> str | None:
    """Return the status of a document without one: completed by default, None if the mapping reads one."""
    return mapping.status.blank or (None if mapping.status.field else mapping.status.default or "completed")
