"""The clickstream's lines in the bucket."""

import hashlib

from google.cloud.storage import Bucket

from erase import lake
from erase.data_subject import DataSubject
from erase.plan import Plan, Tally

FOLDER = "clickstream"


def look(bucket: Bucket, subject: DataSubject, plan: Plan) -> None:
    """Add to the plan the lines that name them; silver identifies a line that is not a record by its MD5."""
    tally = plan.places[f"{FOLDER}/"] = Tally()
    for blob in lake.objects(bucket, FOLDER):
        theirs = 0
        with lake.open_blob(blob) as file:
            for line in file:
                tally.held += 1
                if is_theirs(line, subject):
                    theirs += 1
                    plan.lines |= _broken_line_md5(line)
        tally.theirs += theirs
        plan.objects |= {lake.versioned(blob)} if theirs else set()


def remove(bucket: Bucket, subject: DataSubject) -> None:
    """Rewrite the objects without the lines that name the customers."""
    for blob in lake.objects(bucket, FOLDER):
        lake.replace_lines(blob, lambda line: not is_theirs(line, subject))


def is_theirs(line: bytes, subject: DataSubject) -> bool:
    """Return whether a line, valid or broken, has one of the ids as its customer_id."""
    record = lake.record_of(line)
    if record is None:
        return subject.named_in_broken(line.decode(errors="replace"))
    return str(record.get("customer_id") or "").strip() in subject.ids


def _broken_line_md5(line: bytes) -> set[str]:
    if lake.record_of(line) is not None:
        return set()
    return {hashlib.md5(line.rstrip(b"\r\n"), usedforsecurity=False).hexdigest()}
