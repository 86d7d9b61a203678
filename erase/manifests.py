"""The manifests of the exports: what each says it contains, and what it counts without them."""

import json
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from google.cloud.storage import Blob, Bucket
from pydantic import ValidationError

from components.export_sales.manifest import FOLDER, Export, Manifest, read_manifest
from components.shared.errors import StepError
from erase import lake
from erase.plan import Plan, Tally
from erase.versions import COUNTED, Row, Verdict, count_contributions


@dataclass(frozen=True)
class Published:
    """A manifest and the object that holds it."""

    blob: Blob
    export: Export


def published_manifests(bucket: Bucket) -> list[Published]:
    """Return the manifests in the order of their exports; raise StepError for an object that is not one."""
    found = []
    for blob in lake.objects(bucket, FOLDER):
        try:
            found.append(Published(blob, read_manifest(blob)))
        except ValueError as error:
            raise StepError(
                f"gs://{bucket.name}/{blob.name} is not a manifest ({error}): "
                "run the batch, which moves it aside, then run this again"
            ) from None
    return sorted(found, key=lambda each: (each.export.day, each.export.number))


def exports(bucket: Bucket) -> list[Export]:
    """Return the published exports, oldest first; raise StepError for anything that is not a manifest."""
    return [each.export for each in published_manifests(bucket)]


def may_have_gone(bucket: Bucket, before: datetime) -> bool:
    """Return whether an export before a time may have recorded a deletion, according to the manifests."""
    manifests_before = (
        each.export.manifest
        for each in published_manifests(bucket)
        if datetime.fromisoformat(each.export.manifest.read_time) < before
    )
    return any(each.deleted or "deleted" not in _counts_of(each) for each in manifests_before)


def look(published: list[Published], histories: list[list[Row]], verdict: Verdict, plan: Plan) -> None:
    """Add to the plan the counts of the manifests without what is erased of the documents."""
    exports = [each.export.manifest.export_id for each in published]
    before = count_contributions(exports, histories)
    less = [[left for row in rows if (left := verdict.less(row))] for rows in histories]
    after = count_contributions(exports, less)
    changed = {}
    for each in published:
        manifest, export = each.export.manifest, each.export.manifest.export_id
        less_by = {name: after[export][name] - before[export][name] for name in _counts_of(manifest)}
        if any(less_by.values()):
            changed[each.blob.name] = {name: getattr(manifest, name) + n for name, n in less_by.items()}
            plan.objects.add(lake.versioned(each.blob))
    plan.manifests |= changed
    plan.places[f"{FOLDER}/"] = Tally(held=len(published), theirs=len(changed))


def _counts_of(manifest: Manifest) -> tuple[str, ...]:
    """Return the names of a manifest's counts; one from an earlier version of this project has only three."""
    has_all = manifest.new or manifest.changed or manifest.unchanged or not manifest.documents
    return COUNTED if has_all else ("documents", "rows", "rejects")


def correct(bucket: Bucket, plan: Plan) -> None:
    """Correct the counts of the manifests, unless that is done already."""
    for name, counts in plan.manifests.items():
        _replace(bucket, name, counts)


def _replace(bucket: Bucket, name: str, counts: Mapping[str, int]) -> None:
    blob = bucket.get_blob(name)
    text = blob.download_as_text()
    fields = json.loads(text) | counts
    try:
        Manifest.model_validate(fields)
    except ValidationError as error:
        raise StepError(f"gs://{bucket.name}/{name} would not fit its export: {error}") from None
    if fields != json.loads(text):
        with tempfile.TemporaryFile() as file:
            file.write(json.dumps(fields, separators=(",", ":")).encode() + b"\n")
            lake.replace(blob, file)
