"""The time at which a request reads: now, a time of the last hour, or its transaction's."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

import grpc

from localcloud.firestore.errors import CallError, invalid
from localcloud.firestore.messages import microseconds
from localcloud.firestore.store import Store
from localcloud.firestore.transactions import Transaction, Transactions

HISTORY_MICROSECONDS = 3_600_000_000


@dataclass(frozen=True)
class Snapshot:
    """A time to read at (microseconds), and the id of the transaction that the request began, if any."""

    at: int
    begun: bytes = b""


async def take_snapshot(
    store: Store, transactions: Transactions, request: Any, paths: Collection[str]
) -> Snapshot:
    """Return the time to read `paths` at; lock them first in a read-write transaction."""
    selector = request.WhichOneof("consistency_selector")
    if selector == "transaction":
        return Snapshot(await _read_time(store, transactions, transactions.get(request.transaction), paths))
    if selector == "new_transaction":
        transaction = begin_transaction(store, transactions, request.new_transaction)
        return Snapshot(await _read_time(store, transactions, transaction, paths), transaction.id)
    if selector == "read_time":
        return Snapshot(_check_read_time(store, microseconds(request.read_time)))
    return Snapshot(store.now())


def begin_transaction(store: Store, transactions: Transactions, options: Any) -> Transaction:
    """Open the transaction that TransactionOptions describe."""
    if not options.HasField("read_only"):
        return transactions.begin(None)
    read_only = options.read_only
    if read_only.HasField("read_time"):
        return transactions.begin(_check_read_time(store, microseconds(read_only.read_time)))
    return transactions.begin(store.now())


async def _read_time(
    store: Store, transactions: Transactions, transaction: Transaction, paths: Collection[str]
) -> int:
    if transaction.read_time is not None:
        return transaction.read_time
    await transactions.lock(paths, transaction)
    return store.now()


def _check_read_time(store: Store, at: int) -> int:
    now = store.now()
    if at > now:
        raise invalid("The requested read time lies in the future.")
    if at < now - HISTORY_MICROSECONDS:
        raise CallError(grpc.StatusCode.FAILED_PRECONDITION, "The requested snapshot version is too old.")
    return at
