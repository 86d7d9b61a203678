"""A Parquet file's rows as strings: instants in UTC, decimals unchanged, bytes as text or hexadecimal."""

from pathlib import Path

import duckdb

from sources.errors import UnreadableError
from sources.files.dialect import unique_names
from sources.files.raw import DOCUMENT, RawFiles
from sources.files.sql import literal, name

MAGIC = b"PAR1"
WORDS = "bytes that are words"
BYTES = {WORDS: "decode({})", "BLOB": "lower(hex({}))"}
EXACT = 2**53  # whole numbers up to it are exact in a float


def add_parquet(
    raw: RawFiles, path: Path, display_name: str, partition: tuple[tuple[str, str | None], ...] = ()
) -> None:
    """Add the rows of a Parquet file, or documents if a column holds maps or lists."""
    source = f"read_parquet({literal(path)}, hive_partitioning = false)"
    try:
        raw.add(display_name, "row", _select_sql(_columns(raw.con, path, source), source, partition))
    except duckdb.Error as error:
        reason = " ".join(str(error).split())
        raise UnreadableError(f"{display_name} is a Parquet file that cannot be read: {reason}") from None


def _columns(con: duckdb.DuckDBPyConnection, path: Path, source: str) -> list[tuple[str, str]]:
    """Return each column with its type, or with WORDS if its bytes are text."""
    described = con.execute(f"describe select * from {source}").fetchall()
    fixed = con.execute("select name from parquet_schema(?) where type = 'FIXED_LEN_BYTE_ARRAY'", [str(path)])
    identifiers = {row[0] for row in fixed.fetchall()}
    return [
        (
            str(column),
            WORDS if kind == "BLOB" and column not in identifiers and _is_text(con, column, source) else kind,
        )
        for column, kind, *_ in described
    ]


def _is_text(con: duckdb.DuckDBPyConnection, column: str, source: str) -> bool:
    """Return whether all values in a column of bytes are text without control characters."""
    text = f"try(decode({name(column)}))"
    plain = f"count({text}) filter (not regexp_matches({text}, '[\\x00-\\x08]'))"
    return bool(con.execute(f"select count({name(column)}) = {plain} from {source}").fetchall()[0][0])


def _select_sql(
    columns: list[tuple[str, str]], source: str, partition: tuple[tuple[str, str | None], ...]
) -> str:
    if any("STRUCT" in kind or "MAP(" in kind or kind.endswith("]") for _, kind in columns):
        texts = [f"{_text_sql(column, kind)} as {name(column)}" for column, kind in columns if kind in BYTES]
        replaced = f"replace ({', '.join(texts)})" if texts else ""
        return f"select to_json(documents) as {DOCUMENT} from (select * {replaced} from {source}) documents"
    partition_columns = [(key, value) for key, value in partition if key not in dict(columns)]
    names = unique_names([*(column for column, _ in columns), *(key for key, _ in partition_columns)])
    values = [_text_sql(column, kind) for column, kind in columns]
    values += ["null::varchar" if value is None else literal(value) for _, value in partition_columns]
    return (
        "select "
        + ", ".join(f"{v} as {name(n)}" for n, v in zip(names, values, strict=True))
        + f" from {source}"
    )


def _text_sql(column: str, kind: str) -> str:
    value = name(column)
    if kind in BYTES:
        return BYTES[kind].format(value)
    if kind in ("DOUBLE", "FLOAT"):
        # A column of whole-number ids with missing values reaches Parquet as floats: 12346.0, and NaN.
        whole = f"{value} = trunc({value}) and abs({value}) <= {EXACT} then cast({value}::bigint as varchar)"
        return f"case when isnan({value}) then null when {whole} else cast({value} as varchar) end"
    return f"cast({value} as varchar)"
