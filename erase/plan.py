"""The plan of an erasure, written to the bucket before it starts, so that it can be resumed.

It contains document ids but names no person; it is deleted once the erasure is complete.
"""

from google.api_core.exceptions import NotFound, PreconditionFailed
from google.cloud.storage import Bucket
from pydantic import BaseModel, ConfigDict, Field

from components.shared.erasures import MARK
from components.shared.errors import StepError

NAME = MARK
FOLDER = MARK.partition("/")[0]
OVERTAKEN = f"another erasure has just begun: see gs://{{}}/{NAME}"


class Tally(BaseModel):
    """How many records a place holds, and how many of them are to be deleted or corrected."""

    model_config = ConfigDict(extra="forbid")

    held: int = 0
    theirs: int = 0


class Plan(BaseModel):
    """What is to be erased.

    subject is the people's fingerprint (DataSubject). documents are theirs in all versions. blanked lists, by
    export, documents that were also another customer's, but whose version in the export is theirs: it becomes
    a deletion; gone are those of them whose last version is theirs. lines are the MD5s of broken click lines.
    found are the names of the documents in Firestore that are theirs: what says so of one without a customer
    may be removed before it is. manifests are the corrected counts of manifests, by object. objects are to be
    rewritten or deleted, each with its generation. places is what was found, by place, before anything was
    removed.
    """

    model_config = ConfigDict(extra="forbid")

    subject: str
    documents: set[str] = Field(default_factory=set)
    blanked: dict[str, set[str]] = Field(default_factory=dict)
    gone: set[str] = Field(default_factory=set)
    lines: set[str] = Field(default_factory=set)
    found: set[str] = Field(default_factory=set)
    manifests: dict[str, dict[str, int]] = Field(default_factory=dict)
    objects: set[str] = Field(default_factory=set)
    places: dict[str, Tally] = Field(default_factory=dict)

    @property
    def is_empty(self) -> bool:
        """Whether nothing of theirs was found anywhere."""
        return not any(tally.theirs for tally in self.places.values())

    def joined(self, earlier: "Plan") -> "Plan":
        """Return this plan merged with an earlier look's; each place keeps its held, and adds up theirs."""
        blanked = {
            export: self.blanked.get(export, set()) | earlier.blanked.get(export, set())
            for export in self.blanked.keys() | earlier.blanked.keys()
        }
        places = {
            name: earlier.places.get(name, Tally(held=tally.held)).model_copy(
                update={"theirs": tally.theirs + earlier.places.get(name, Tally()).theirs}
            )
            for name, tally in self.places.items()
        }
        return Plan(
            subject=self.subject,
            documents=self.documents | earlier.documents,
            blanked=blanked,
            gone=self.gone | earlier.gone,
            lines=self.lines | earlier.lines,
            found=self.found | earlier.found,
            manifests=earlier.manifests | self.manifests,
            objects=self.objects | earlier.objects,
            places=places,
        )


def open_plan(bucket: Bucket, subject: str) -> Plan | None:
    """Return the plan of an unfinished erasure; raise StepError if it is for other people."""
    try:
        plan = Plan.model_validate_json(bucket.blob(NAME).download_as_bytes())
    except NotFound:
        return None
    if plan.subject != subject:
        raise StepError(
            f"gs://{bucket.name}/{NAME} exists: an erasure of other customers is unfinished; "
            "finish that one first"
        )
    return plan


def keep_plan(bucket: Bucket, plan: Plan, earlier: Plan | None = None) -> None:
    """Write a plan to the bucket, replacing this erasure's earlier one; raise StepError if another began."""
    found = bucket.get_blob(NAME)
    if found and Plan.model_validate_json(found.download_as_bytes()) != earlier:
        raise StepError(OVERTAKEN.format(bucket.name))
    generation, text = found.generation if found else 0, plan.model_dump_json()
    try:
        bucket.blob(NAME).upload_from_string(
            text, content_type="application/json", if_generation_match=generation
        )
    except PreconditionFailed:
        if bucket.blob(NAME).download_as_text() == text:  # ours: the response to an earlier attempt was lost
            return
        raise StepError(OVERTAKEN.format(bucket.name)) from None


def close_plan(bucket: Bucket) -> None:
    """Delete the plan."""
    bucket.blob(NAME).delete()
