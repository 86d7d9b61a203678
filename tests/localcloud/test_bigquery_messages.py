"""The Storage Read API sends rows in messages of bounded size, so that a reader's memory does not grow."""

from typing import Any

import pyarrow as pa
import pytest

from components.shared.clients import bigquery_client, bigquery_read_client

pytestmark = pytest.mark.services
ROWS = 25_000


def test_no_message_has_more_than_ten_thousand_rows_and_none_is_lost(cloud) -> None:
    with bigquery_client(cloud.project) as client:
        job = client.query(f"SELECT n FROM UNNEST(GENERATE_ARRAY(1, {ROWS})) AS n ORDER BY n")
        job.result(max_results=1)
    reader = bigquery_read_client()
    asked: dict[str, Any] = {"table": job.destination.to_bqstorage(), "data_format": "ARROW"}
    session = reader.create_read_session(
        parent=f"projects/{cloud.project}", read_session=asked, max_stream_count=1
    )
    schema = pa.ipc.read_schema(pa.py_buffer(session.arrow_schema.serialized_schema))
    for offset, largest in ((0, 10_000), (17_000, 8_000)):  # from the start, and where a reader broke off
        answers = list(reader.read_rows(read_stream=session.streams[0].name, offset=offset))
        assert max(answer.row_count for answer in answers) == largest
        batches = [
            pa.ipc.read_record_batch(pa.py_buffer(answer.arrow_record_batch.serialized_record_batch), schema)
            for answer in answers
        ]
        assert [n for batch in batches for n in batch["n"].to_pylist()] == list(range(offset + 1, ROWS + 1))
