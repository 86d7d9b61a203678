"""BIGNUMERIC in Arrow and Parquet: decimals of 256 bits, which DuckDB neither reads correctly nor writes."""

import uuid
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq

from localcloud.bigquery.googlesql.bignumeric import MEMBER, PLACES, from_scaled, to_scaled

WIDE = pa.decimal256(76, PLACES)
HELD = pa.struct([(MEMBER, pa.string())])
BYTES = 32


class Conversion(NamedTuple):
    """Which types are converted, at any depth, to which, and how an array of such a type is."""

    concerns: Callable[[pa.DataType], bool]
    target: pa.DataType
    convert: Callable[[pa.Array], pa.Array]


def hold_decimals(file: Path, folder: Path) -> Path:
    """Return a Parquet file, or a copy in the folder whose wide decimals are as the engine holds them."""
    target = folder / file.parent.name / f"{uuid.uuid4()}.parquet"
    return target if _convert_file(file, target, TO_HELD) else file


def widen_file(file: Path) -> None:
    """Replace what the engine holds in a Parquet file by wide decimals."""
    target = file.with_name(str(uuid.uuid4()))
    if _convert_file(file, target, TO_WIDE):
        target.replace(file)


def widen_schema(schema: pa.Schema) -> pa.Schema:
    """Return the schema with wide decimals in place of what the engine holds."""
    return _schema(schema, TO_WIDE)


def widen_rows(reader: pa.RecordBatchReader) -> pa.RecordBatchReader:
    """Return the same rows with wide decimals in place of what the engine holds."""
    schema = _schema(reader.schema, TO_WIDE)
    if schema == reader.schema:
        return reader
    return pa.RecordBatchReader.from_batches(schema, _batches(reader, schema, TO_WIDE))


def _convert_file(file: Path, target: Path, to: Conversion) -> bool:
    """Write a Parquet file's converted copy; return whether there is anything to convert."""
    with pq.ParquetFile(file) as source:
        schema = _schema(source.schema_arrow, to)
        if schema == source.schema_arrow:
            return False
        target.parent.mkdir(exist_ok=True)
        groups = source.metadata.num_row_groups
        codec = source.metadata.row_group(0).column(0).compression if groups else "SNAPPY"
        with pq.ParquetWriter(target, schema, compression=codec) as writer:
            for batch in _batches(source.iter_batches(), schema, to):
                writer.write_batch(batch)
    return True


def _schema(schema: pa.Schema, to: Conversion) -> pa.Schema:
    return pa.schema([field.with_type(_type(field.type, to)) for field in schema])


def _batches(
    batches: Iterable[pa.RecordBatch], schema: pa.Schema, to: Conversion
) -> Iterator[pa.RecordBatch]:
    for batch in batches:
        yield pa.record_batch([_array(column, to) for column in batch.columns], schema=schema)


def _type(kind: pa.DataType, to: Conversion) -> pa.DataType:
    if to.concerns(kind):
        return to.target
    if pa.types.is_list(kind):
        return pa.list_(kind.value_field.with_type(_type(kind.value_type, to)))
    if pa.types.is_struct(kind):
        return pa.struct([part.with_type(_type(part.type, to)) for part in kind])
    return kind


def _array(array: pa.Array, to: Conversion) -> pa.Array:
    kind = _type(array.type, to)
    if kind == array.type:
        return array
    if to.concerns(array.type):
        return to.convert(array)
    if pa.types.is_list(kind):
        elements = _array(array.values, to)
        return pa.ListArray.from_arrays(array.offsets, elements, kind, mask=array.is_null())
    parts = [_array(array.field(n), to) for n in range(kind.num_fields)]
    return pa.StructArray.from_arrays(parts, fields=[*kind], mask=array.is_null())


def _hold(array: pa.Array) -> pa.Array:
    factor, start = 10 ** (PLACES - array.type.scale), array.offset * BYTES
    bits = array.buffers()[1].to_pybytes()[start : start + len(array) * BYTES]
    cells = [bits[at : at + BYTES] for at in range(0, len(bits), BYTES)]
    return pa.array(
        [
            from_scaled(int.from_bytes(cell, "little", signed=True) * factor) if is_valid else None
            for cell, is_valid in zip(cells, array.is_valid().to_pylist(), strict=True)
        ],
        HELD,
    )


def _widen(array: pa.Array) -> pa.Array:
    held = array.to_pylist()
    numbers = [0 if each is None else to_scaled(each) for each in held]
    bits = b"".join(number.to_bytes(BYTES, "little", signed=True) for number in numbers)
    valid = pa.array([each is not None for each in held]).buffers()[1]
    return pa.Array.from_buffers(WIDE, len(held), [valid, pa.py_buffer(bits)])


TO_HELD = Conversion(pa.types.is_decimal256, HELD, _hold)
TO_WIDE = Conversion(lambda kind: bool(kind == HELD), WIDE, _widen)
