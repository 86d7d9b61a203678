"""The gRPC server: which calls exist, how errors are sent, when old versions are deleted."""

import asyncio
import socket
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import grpc
from google.cloud.firestore_v1 import types

from localcloud.firestore.errors import CallError, unsupported
from localcloud.firestore.service import FirestoreService
from localcloud.firestore.snapshots import HISTORY_MICROSECONDS
from localcloud.firestore.store import Store

HOST = "127.0.0.1"
SERVICE = "/google.firestore.v1.Firestore/"
LARGEST_REQUEST_BYTES = 11_534_336
FORGET_SECONDS = 60.0
GRACE_SECONDS = 0.5
OPTIONS = (
    ("grpc.max_receive_message_length", LARGEST_REQUEST_BYTES),
    # Otherwise two servers would silently share a port.
    ("grpc.so_reuseport", 0),
)


class PortError(Exception):
    """The server cannot listen on the port."""


async def serve(port: int, data_dir: Path, stopping: asyncio.Event) -> None:
    """Serve on 127.0.0.1 until `stopping` is set; raise PortError or StoreError if it cannot start."""
    _check_port(port)
    store = Store(data_dir)
    server = grpc.aio.server(options=OPTIONS)
    server.add_generic_rpc_handlers((Calls(FirestoreService(store)),))
    bound = server.add_insecure_port(f"{HOST}:{port}")
    await server.start()
    print(f"Firestore serves {HOST}:{bound}, documents in {data_dir}", flush=True)
    async with asyncio.TaskGroup() as background:
        forgetting = background.create_task(_forget_old_versions(store))
        await stopping.wait()
        forgetting.cancel()
    await server.stop(GRACE_SECONDS)
    store.close()


def _check_port(port: int) -> None:
    """Raise PortError if the port is taken, with a clearer message than gRPC's."""
    with socket.socket() as trial:
        trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trial.bind((HOST, port))
        except OSError as error:
            reason = error.strerror
            raise PortError(f"cannot listen on {HOST}:{port} ({reason}): choose another --port") from error


async def _forget_old_versions(store: Store) -> None:
    while True:
        while store.forget(store.now() - HISTORY_MICROSECONDS):
            await asyncio.sleep(0)
        await asyncio.sleep(FORGET_SECONDS)


class Calls(grpc.GenericRpcHandler):  # type: ignore[misc] # grpc has no types
    """The handlers of a service's calls by name; any other name is answered with UNIMPLEMENTED."""

    def __init__(self, service: FirestoreService) -> None:
        self._handlers = {
            "GetDocument": _unary(types.GetDocumentRequest, service.get_document),
            "BatchGetDocuments": _stream(types.BatchGetDocumentsRequest, service.batch_get_documents),
            "RunQuery": _stream(types.RunQueryRequest, service.run_query),
            "RunAggregationQuery": _stream(types.RunAggregationQueryRequest, service.run_aggregation_query),
            "PartitionQuery": _unary(types.PartitionQueryRequest, service.partition_query),
            "ListDocuments": _unary(types.ListDocumentsRequest, service.list_documents),
            "ListCollectionIds": _unary(types.ListCollectionIdsRequest, service.list_collection_ids),
            "BeginTransaction": _unary(types.BeginTransactionRequest, service.begin_transaction),
            "Rollback": _unary(types.RollbackRequest, service.rollback),
            "Commit": _unary(types.CommitRequest, service.commit),
            "BatchWrite": _unary(types.BatchWriteRequest, service.batch_write),
            "CreateDocument": _unary(types.CreateDocumentRequest, service.create_document),
            "UpdateDocument": _unary(types.UpdateDocumentRequest, service.update_document),
            "DeleteDocument": _unary(types.DeleteDocumentRequest, service.delete_document),
        }

    def service(self, handler_call_details: grpc.HandlerCallDetails) -> grpc.RpcMethodHandler:
        """Return the handler of a call."""
        method = handler_call_details.method
        return self._handlers.get(method.removeprefix(SERVICE)) or _unsupported(method)


def _unary(request_type: Any, call: Callable[[Any], Any]) -> grpc.RpcMethodHandler:
    async def handle(request: Any, context: grpc.aio.ServicerContext) -> bytes:
        try:
            return bytes((await call(request)).SerializeToString())
        except CallError as error:
            await context.abort(error.code, error.message)
            raise

    return grpc.unary_unary_rpc_method_handler(handle, request_type.pb().FromString)


def _stream(request_type: Any, call: Callable[[Any], AsyncIterator[bytes]]) -> grpc.RpcMethodHandler:
    async def handle(request: Any, context: grpc.aio.ServicerContext) -> AsyncIterator[bytes]:
        try:
            async for response in call(request):
                yield response
        except CallError as error:
            await context.abort(error.code, error.message)

    return grpc.unary_stream_rpc_method_handler(handle, request_type.pb().FromString)


def _unsupported(method: str) -> grpc.RpcMethodHandler:
    """Return a handler for calls of any kind, unary or stream: they all look the same on the wire."""
    error = unsupported(method.removeprefix("/"))

    async def handle(_: Any, context: grpc.aio.ServicerContext) -> None:
        await context.abort(error.code, error.message)

    return grpc.stream_stream_rpc_method_handler(handle)
