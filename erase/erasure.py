"""The course of an erasure: look, write the plan, remove, and look again until nothing is found."""

from collections.abc import Callable, Collection
from dataclasses import dataclass, replace

from google.cloud.bigquery import Client
from google.cloud.storage import Bucket

from components.shared.clients import bigquery_client, storage_client
from components.shared.errors import StepError
from erase import clicks, documents, pages, sales, tables
from erase.data_subject import DataSubject
from erase.documents import FoundDocuments
from erase.manifests import exports, may_have_gone
from erase.mapped import mapping_in_use
from erase.plan import Plan, close_plan, keep_plan, open_plan
from erase.platform import Platform
from erase.runs import refuse_while_one_is_active
from sources.mapping import Source

LOOKS = 4  # an export that ended in the meantime may hold what existed when it began

type Tell = Callable[[str], None]


@dataclass(frozen=True)
class Erased:
    """What was found before and by the last look, and the source of the sales if somebody else owns it."""

    plan: Plan
    after: Plan
    source: str = ""


class Erasure:
    """An erasure of customers, or of deleted documents, from one platform."""

    def __init__(self, platform: Platform, subject: DataSubject, tell: Tell = print) -> None:
        """Connect; raise StepError if there is no bucket, or if another erasure is unfinished."""
        self._platform = platform
        self._subject = subject
        self._tell = tell
        self._bigquery: Client = bigquery_client(platform.project, platform.location)
        bucket = storage_client(platform.project).lookup_bucket(platform.bucket)
        if bucket is None:
            raise StepError(f"the bucket {platform.bucket} does not exist: set it with --bucket")
        self.bucket: Bucket = bucket
        named = mapping_in_use(bucket, exports(bucket)) if subject.ids else None
        self.mapping = named.mapping if named else None
        self.source = named.source if named else ""
        if self.mapping:
            self._platform = at_source(platform, self.mapping.source)
        self._begun = open_plan(bucket, subject.fingerprint)

    def look(self) -> Plan:
        """Return what is found of the customers, without changing anything."""
        return self._look(self._begun)[0]

    def run(self) -> Erased:
        """Remove everything; raise StepError if a run is active, or if every look finds more."""
        refuse_while_one_is_active(self._platform)
        whole = self._begun
        if whole:
            self._tell("resuming the erasure of the same people")
            self._remove(whole, self._find_documents(whole.found))
        for _ in range(LOOKS):
            plan, found = self._look(whole)
            if plan.is_empty:
                self._refuse_a_run_that_began()
                return Erased(whole or plan, plan, "" if self._platform.collection else self.source)
            whole, earlier = plan.joined(whole) if whole else plan, whole
            keep_plan(self.bucket, whole, earlier)
            self._refuse_a_run_that_began(is_first=earlier is None)
            self._remove(plan, found)
        raise StepError("more records are found each time: stop whatever writes them, and run this again")

    def _refuse_a_run_that_began(self, *, is_first: bool = False) -> None:
        """Raise StepError if a run was submitted meanwhile; if nothing is removed yet, delete the plan first.

        The orchestrator looks for the plan after it has submitted a run, and this looks for runs after it has
        written the plan: whichever comes later sees the other.
        """
        try:
            refuse_while_one_is_active(self._platform)
        except StepError:
            if is_first:
                close_plan(self.bucket)
            raise

    def close(self) -> None:
        """Delete the plan, once the certificate is written."""
        close_plan(self.bucket)

    def _look(self, known: Plan | None) -> tuple[Plan, FoundDocuments]:
        """Look through every place, in the order of removal."""
        plan = Plan(subject=self._subject.fingerprint)
        if known:
            plan.documents = set(known.documents)
            plan.lines = set(known.lines)
        elif self._subject.gone_before and not may_have_gone(self.bucket, self._subject.gone_before):
            return plan, FoundDocuments(self._subject)
        found = self._look_at_sales(plan, known.found if known else ())
        if self._subject.ids:
            clicks.look(self.bucket, self._subject, plan)
            pages.look(self.bucket, self._platform, self._subject, plan)
        self._tell("looking at BigQuery")
        tables.look(self._bigquery, self._platform, self._subject, plan)
        return plan, found

    def _look_at_sales(self, plan: Plan, known: Collection[str]) -> FoundDocuments:
        """Look through the documents and the exports, again if these name another e-mail address of theirs.

        The plan must list what has it: once the exports are rewritten, nothing says whose that is.
        """
        found = self._find_documents(known)
        if self._subject.ids and self._platform.collection:
            plan.places[f"Firestore {self._platform.collection}"] = found.tally
        plan.found = set(found.times)
        self._tell(f"looking at gs://{self.bucket.name}")
        self._subject = sales.look(self.bucket, self._subject, found.ids | plan.documents, plan)
        if found.subject.emails == self._subject.emails:
            return found
        return self._look_at_sales(plan, known)

    def _find_documents(self, known: Collection[str]) -> FoundDocuments:
        """Return the customers' documents; when deleted documents are erased, there are none left to find."""
        if not self._subject.ids or not self._platform.collection:
            return FoundDocuments(self._subject)
        self._tell(f"looking at Firestore {self._platform.collection}")
        found = documents.find_documents(self._platform, self._subject, self.mapping, known)
        self._subject = found.subject
        return found

    def _remove(self, plan: Plan, found: FoundDocuments) -> None:
        """Remove from Firestore first, so that no export brings anything back, then bronze, then tables."""
        self._tell("removing")
        documents.delete_documents(self._platform, found)
        sales.remove(self.bucket, self._subject, plan)
        if self._subject.ids:
            clicks.remove(self.bucket, self._subject)
        tables.remove(self._bigquery, self._platform, self._subject, plan)
        if self._subject.ids:
            pages.remove(self.bucket, self._platform, self._subject)


def at_source(platform: Platform, source: Source) -> Platform:
    """Return the platform with the collection of a mapping, or "" if the sales belong to somebody else."""
    is_ours = (source.project or platform.project) == platform.project
    collection = source.collection or "" if is_ours else ""
    return replace(platform, collection=collection, database=source.database or platform.database)
