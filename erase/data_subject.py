"""Whose data an erasure removes, and which records are theirs."""

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import batched
from typing import Self

from google.cloud.bigquery import Client

from components.shared.errors import ArgumentsError, StepError
from components.shared.names import KEY_TABLE
from components.shared.pseudonyms import read_pseudonyms
from erase.platform import Platform

SHORTEST_SHOWN = 8  # characters of a pseudonym: dashboard/cube.py shortens it to no fewer
LISTED_AT_ONCE = 1_000


@dataclass(frozen=True)
class DataSubject:
    """Customers, by the shop's ids and by their pseudonyms; or, instead, documents deleted long ago.

    A record is a customer's if it has their id. A record without any id is theirs if it has the hash of an
    e-mail address that appears with their id elsewhere: emails are those found so far. digests are keyed.
    """

    ids: frozenset[str] = frozenset()
    keys: tuple[str, ...] = ()
    digests: tuple[str, ...] = ()
    gone_before: datetime | None = None
    emails: frozenset[str] = frozenset()

    @property
    def fingerprint(self) -> str:
        """A hash that identifies the people of an unfinished erasure."""
        return hashlib.sha256("".join(self.digests or ["deleted documents"]).encode()).hexdigest()

    def learn(self, emails: Iterable[str]) -> Self:
        """Return the same people, known by more hashes of e-mail addresses."""
        return replace(self, emails=self.emails.union(emails))

    def owns(self, customer: str | None, email: str | None) -> bool:
        """Return whether a record with this id and this e-mail hash is theirs."""
        return customer in self.ids if customer else email in self.emails

    def named_in_broken(self, line: str) -> bool:
        """Return whether a line that is not JSON has one of the ids as its customer_id."""
        found = re.search(r'"customer_id"\s*:\s*"?([^",}]*)', line)
        return found is not None and found[1].strip() in self.ids

    def shown_in(self, contents: bytes) -> bool:
        """Return whether bytes contain a pseudonym, or as much of one as a page shows."""
        return any(key[:SHORTEST_SHOWN].encode() in contents for key in self.keys)


class Search[Record]:
    """A search for their records: only at its end is it known whose the records without an id are."""

    def __init__(self, subject: DataSubject) -> None:
        """Search with what is known so far."""
        self._subject = subject
        self._theirs: list[Record] = []
        self._nobodys: list[tuple[Record, str]] = []
        self._emails: set[str] = set()

    def add(self, record: Record, customer: str | None, email: str | None, *, is_known: bool = False) -> None:
        """Look at a record with an id and an e-mail hash; a known one is theirs if it has no id."""
        if customer in self._subject.ids:
            self._theirs.append(record)
            self._emails.update([email] if email else [])
        elif not customer and is_known:
            self._theirs.append(record)
        elif not customer and email:
            self._nobodys.append((record, email))

    def end(self) -> tuple[DataSubject, list[Record]]:
        """Return what is now known of them, and their records."""
        subject = self._subject.learn(self._emails)
        return subject, [*self._theirs, *(each for each, email in self._nobodys if email in subject.emails)]


def named(ids: Iterable[str]) -> list[str]:
    """Return the ids that are not blank; raise ArgumentsError if there are none."""
    given = sorted({text for each in ids if (text := each.strip())})
    if not given:
        raise ArgumentsError("give at least one customer, by the shop's id")
    return given


def customers(client: Client, platform: Platform, ids: Iterable[str]) -> DataSubject:
    """Return customers by their ids; only BigQuery reads the key. Raise StepError without ids or key."""
    given = named(ids)
    dataset = platform.datasets["keys"]
    parts = batched(given, LISTED_AT_ONCE, strict=False)
    rows = [row for part in parts for row in read_pseudonyms(client, platform.project, dataset, part)]
    if len(rows) != len(given):
        raise StepError(f"{dataset}.{KEY_TABLE} must have one row: python -m infra.deploy creates it")
    keys, digests = (tuple(sorted(row[name] for row in rows)) for name in ("customer_key", "digest"))
    return DataSubject(frozenset(given), keys, digests)
