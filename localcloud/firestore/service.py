"""The calls of google.firestore.v1.Firestore that are supported."""

import secrets
from collections.abc import AsyncIterator
from typing import Any

import grpc
from google.cloud.firestore_v1 import types
from google.protobuf.empty_pb2 import Empty

from localcloud.firestore.aggregations import Aggregates
from localcloud.firestore.errors import CallError, invalid, unsupported
from localcloud.firestore.listings import list_collection_ids, list_documents, partition_query
from localcloud.firestore.messages import Document, Write, WriteResult, frame_document, timestamp
from localcloud.firestore.query import projection, query_scope, run_query
from localcloud.firestore.snapshots import begin_transaction, take_snapshot
from localcloud.firestore.store import Store
from localcloud.firestore.transactions import Transactions
from localcloud.firestore.writes import apply_write, written_names

CommitResponse = types.CommitResponse.pb()
BatchWriteResponse = types.BatchWriteResponse.pb()
BatchGetDocumentsResponse = types.BatchGetDocumentsResponse.pb()
RunQueryResponse = types.RunQueryResponse.pb()
RunAggregationQueryResponse = types.RunAggregationQueryResponse.pb()


class FirestoreService:
    """One method per call: it takes the raw request and returns the response, or yields serialized ones.

    All run in one event loop, so code between two awaits is never interleaved with another call.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._transactions = Transactions()

    async def get_document(self, request: Any) -> Any:
        """Return a document; raise NOT_FOUND if there is none."""
        snapshot = await take_snapshot(self._store, self._transactions, request, [request.name])
        data = self._store.get(request.name, snapshot.at)
        if data is None:
            raise CallError(grpc.StatusCode.NOT_FOUND, f'Document "{request.name}" not found.')
        return Document.FromString(_apply_mask(request, data))

    async def batch_get_documents(self, request: Any) -> AsyncIterator[bytes]:
        """Yield the named documents, all as of one time, and the names of those that are missing."""
        snapshot = await take_snapshot(self._store, self._transactions, request, request.documents)
        read_time = BatchGetDocumentsResponse(read_time=timestamp(snapshot.at)).SerializeToString()
        if snapshot.begun:
            yield BatchGetDocumentsResponse(transaction=snapshot.begun).SerializeToString() + read_time
        for name in request.documents:
            data = self._store.get(name, snapshot.at)
            if data is None:
                yield BatchGetDocumentsResponse(missing=name).SerializeToString() + read_time
            else:
                yield frame_document(_apply_mask(request, data)) + read_time

    async def run_query(self, request: Any) -> AsyncIterator[bytes]:
        """Yield a query's documents, all as of one time; an empty response if nothing is found."""
        if request.HasField("explain_options"):
            raise unsupported("Explaining a query")
        query, paths = request.structured_query, [query_scope(request.parent, request.structured_query)]
        snapshot = await take_snapshot(self._store, self._transactions, request, paths)
        read_time = RunQueryResponse(read_time=timestamp(snapshot.at)).SerializeToString()
        if snapshot.begun:
            yield RunQueryResponse(transaction=snapshot.begun).SerializeToString() + read_time
        project = None
        if query.HasField("select"):
            project = projection([field.field_path for field in query.select.fields])
        found = False
        async for data in run_query(self._store, request.parent, query, snapshot.at):
            found = True
            yield frame_document(project(data) if project else data) + read_time
        if not found:
            yield read_time

    async def run_aggregation_query(self, request: Any) -> AsyncIterator[bytes]:
        """Yield the single result of counting, summing or averaging a query's documents."""
        if request.HasField("explain_options"):
            raise unsupported("Explaining a query")
        query = request.structured_aggregation_query.structured_query
        paths = [query_scope(request.parent, query)]
        snapshot = await take_snapshot(self._store, self._transactions, request, paths)
        aggregates = Aggregates(request.structured_aggregation_query.aggregations)
        async for data in run_query(self._store, request.parent, query, snapshot.at, aggregates.needed):
            aggregates.add(data)
        yield RunAggregationQueryResponse(
            result={"aggregate_fields": aggregates.results()},
            transaction=snapshot.begun,
            read_time=timestamp(snapshot.at),
        ).SerializeToString()

    async def partition_query(self, request: Any) -> Any:
        """Return the cursors that split a collection group into parts of about the same size."""
        snapshot = await take_snapshot(self._store, self._transactions, request, [])
        return await partition_query(self._store, request, snapshot.at)

    async def list_documents(self, request: Any) -> Any:
        """Return a page of a collection, on request with the missing documents that have collections."""
        paths = [f"{request.parent}/{request.collection_id}"]
        snapshot = await take_snapshot(self._store, self._transactions, request, paths)
        return list_documents(self._store, request, snapshot.at)

    async def list_collection_ids(self, request: Any) -> Any:
        """Return the ids of the collections of a document or of the root."""
        snapshot = await take_snapshot(self._store, self._transactions, request, [])
        ids = list_collection_ids(self._store, request.parent, snapshot.at)
        return types.ListCollectionIdsResponse.pb()(collection_ids=ids)

    async def begin_transaction(self, request: Any) -> Any:
        """Open a transaction."""
        transaction = begin_transaction(self._store, self._transactions, request.options)
        return types.BeginTransactionResponse.pb()(transaction=transaction.id)

    async def rollback(self, request: Any) -> Any:
        """End a transaction without writing anything."""
        self._transactions.end(self._transactions.get(request.transaction))
        return Empty()

    async def commit(self, request: Any) -> Any:
        """Apply all writes at one time, or none if one of them fails; end the transaction either way."""
        transaction = self._transactions.get(request.transaction) if request.transaction else None
        if transaction and transaction.read_time is not None and request.writes:
            raise invalid("Cannot modify entities in a read-only transaction.")
        try:
            await self._transactions.wait_for(written_names(request.writes), transaction)
            results, time = self._apply(request.writes)
        finally:
            if transaction:
                self._transactions.end(transaction)
        return CommitResponse(write_results=results, commit_time=timestamp(time))

    def _apply(self, writes: Any) -> tuple[list[Any], int]:
        with self._store.transaction():
            time = self._store.now()
            return [apply_write(self._store, write, time) for write in writes], time

    async def batch_write(self, request: Any) -> Any:
        """Apply each write on its own, and return a status for each."""
        names = written_names(request.writes)
        if len(set(names)) < len(names):
            raise invalid("Cannot write to the same document more than once in a BatchWrite request.")
        await self._transactions.wait_for(names)
        response = BatchWriteResponse()
        with self._store.transaction():
            for write in request.writes:
                self._try_write(write, response)
        return response

    def _try_write(self, write: Any, response: Any) -> None:
        status = response.status.add()
        try:
            result = apply_write(self._store, write, self._store.now())
        except CallError as error:
            status.code, status.message = error.code.value[0], error.message
            result = WriteResult()
        response.write_results.append(result)

    async def create_document(self, request: Any) -> Any:
        """Create a document, with a random id if none is given, and return it."""
        document_id = request.document_id or secrets.token_hex(10)
        name = f"{request.parent}/{request.collection_id}/{document_id}"
        write = Write(update=request.document, current_document={"exists": False})
        write.update.name = name
        return await self._write_one(write, request)

    async def update_document(self, request: Any) -> Any:
        """Write a document, or only the fields in the update mask, and return it."""
        write = Write(update=request.document)
        if request.HasField("update_mask"):
            write.update_mask.CopyFrom(request.update_mask)
        if request.HasField("current_document"):
            write.current_document.CopyFrom(request.current_document)
        return await self._write_one(write, request)

    async def delete_document(self, request: Any) -> Any:
        """Delete a document."""
        write = Write(delete=request.name)
        if request.HasField("current_document"):
            write.current_document.CopyFrom(request.current_document)
        await self._transactions.wait_for(written_names([write]))
        self._apply([write])
        return Empty()

    async def _write_one(self, write: Any, request: Any) -> Any:
        await self._transactions.wait_for(written_names([write]))
        self._apply([write])
        data = self._store.get(write.update.name)
        return Document.FromString(_apply_mask(request, data or b""))


def _apply_mask(request: Any, data: bytes) -> bytes:
    return projection(request.mask.field_paths)(data) if request.HasField("mask") else data
