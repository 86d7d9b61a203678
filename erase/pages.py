"""What runs leave behind that may name a customer: artifacts and records in the bucket, and local reports.

A single customer cannot be removed from a page: a page that shows their pseudonym is deleted entirely.
"""

import io
import zipfile
from collections.abc import Iterator
from pathlib import Path

from google.cloud.storage import Bucket

from erase import lake
from erase.data_subject import DataSubject
from erase.plan import Plan, Tally
from erase.platform import Platform

FOLDER = "mlops"


def look(bucket: Bucket, platform: Platform, subject: DataSubject, plan: Plan) -> None:
    """Add to the plan the objects of runs that name the customers, and count the reports that do."""
    tally = plan.places[f"{FOLDER}/"] = Tally()
    for blob in lake.objects(bucket, FOLDER):
        tally.held += 1
        with lake.open_blob(blob) as file:
            if names_them(file.read(), subject):
                tally.theirs += 1
                plan.objects.add(lake.versioned(blob))
    if platform.reports:
        named = [names_them(path.read_bytes(), subject) for path in _files(platform.reports)]
        plan.places[str(platform.reports)] = Tally(held=len(named), theirs=sum(named))


def remove(bucket: Bucket, platform: Platform, subject: DataSubject) -> None:
    """Delete the objects and reports that name the customers."""
    for blob in lake.objects(bucket, FOLDER):
        with lake.open_blob(blob) as file:
            is_named = names_them(file.read(), subject)
        if is_named:
            blob.delete(if_generation_match=blob.generation)
    for path in _files(platform.reports) if platform.reports else ():
        if names_them(path.read_bytes(), subject):
            path.unlink()


def names_them(contents: bytes, subject: DataSubject) -> bool:
    """Return whether a file shows a pseudonym, reading each member of a ZIP archive, such as a model."""
    if subject.shown_in(contents):
        return True
    if not zipfile.is_zipfile(io.BytesIO(contents)):
        return False
    with zipfile.ZipFile(io.BytesIO(contents)) as archive:
        return any(subject.shown_in(archive.read(member)) for member in archive.namelist())


def _files(folder: Path) -> Iterator[Path]:
    return (path for path in sorted(folder.rglob("*")) if path.is_file())
