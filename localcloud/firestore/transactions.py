"""Transactions: a read inside a read-write transaction locks what it reads until the transaction ends."""

import asyncio
import secrets
from collections.abc import Collection
from dataclasses import dataclass, field

import grpc

from localcloud.firestore.errors import CallError, invalid

IDLE_SECONDS = 60.0
LOCK_SECONDS = 20.0


@dataclass(eq=False)
class Transaction:
    """An open transaction: read-only as of a fixed time, or read-write with locks on paths."""

    id: bytes
    read_time: int | None
    locks: set[str] = field(default_factory=set)
    ended: asyncio.Event = field(default_factory=asyncio.Event)
    waits_for: "Transaction | None" = None
    expiry: asyncio.TimerHandle | None = None

    def holds(self, paths: Collection[str]) -> bool:
        """Return whether one of the paths is locked, lies under a locked one, or contains one."""
        return any(_overlap(lock, path) for lock in self.locks for path in paths)

    def is_waiting_for(self, other: "Transaction") -> bool:
        """Return whether this transaction waits for `other` to end, directly or through others."""
        waited = self.waits_for
        while waited is not None and waited is not other:
            waited = waited.waits_for
        return waited is other


def _overlap(left: str, right: str) -> bool:
    return left == right or left.startswith(f"{right}/") or right.startswith(f"{left}/")


class Transactions:
    """The open transactions; every method runs in the one event loop, so nothing happens between awaits."""

    def __init__(self) -> None:
        self._open: dict[bytes, Transaction] = {}

    def begin(self, read_time: int | None) -> Transaction:
        """Open a transaction: read-only as of a time in microseconds, or read-write if that is None."""
        transaction = Transaction(secrets.token_bytes(16), read_time)
        self._open[transaction.id] = transaction
        self._postpone_expiry(transaction)
        return transaction

    def get(self, transaction_id: bytes) -> Transaction:
        """Return an open transaction; raise INVALID_ARGUMENT if it has ended or expired."""
        transaction = self._open.get(transaction_id)
        if transaction is None:
            raise invalid("The referenced transaction has expired or is no longer valid.")
        self._postpone_expiry(transaction)
        return transaction

    def end(self, transaction: Transaction) -> None:
        """Release a transaction's locks and wake those that wait for it."""
        if transaction.expiry:
            transaction.expiry.cancel()
        self._open.pop(transaction.id, None)
        transaction.ended.set()

    async def lock(self, paths: Collection[str], transaction: Transaction) -> None:
        """Lock paths for a transaction until it ends; raise ABORTED if others keep them locked."""
        await self.wait_for(paths, transaction)
        transaction.locks.update(paths)

    async def wait_for(self, paths: Collection[str], transaction: Transaction | None = None) -> None:
        """Wait until no other transaction locks any of the paths; raise ABORTED on deadlock or timeout."""
        deadline = asyncio.get_running_loop().time() + LOCK_SECONDS
        while holder := self._holder(paths, transaction):
            if transaction and holder.is_waiting_for(transaction):
                raise _contention()
            await _wait(holder, transaction, deadline)

    def _holder(self, paths: Collection[str], apart_from: Transaction | None) -> Transaction | None:
        return next((t for t in self._open.values() if t is not apart_from and t.holds(paths)), None)

    def _postpone_expiry(self, transaction: Transaction) -> None:
        if transaction.expiry:
            transaction.expiry.cancel()
        loop = asyncio.get_running_loop()
        transaction.expiry = loop.call_later(IDLE_SECONDS, self.end, transaction)


async def _wait(holder: Transaction, waiting: Transaction | None, deadline: float) -> None:
    if waiting:
        waiting.waits_for = holder
    try:
        async with asyncio.timeout_at(deadline):
            await holder.ended.wait()
    except TimeoutError:
        raise _contention() from None
    finally:
        if waiting:
            waiting.waits_for = None


def _contention() -> CallError:
    return CallError(grpc.StatusCode.ABORTED, "Too much contention on these documents. Please try again.")
