"""The certificate: what was examined and removed, and what remains; as JSON and as text, without names."""

import json
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from string import Template
from typing import Any

from google.cloud.storage import Bucket

from erase.data_subject import DataSubject
from erase.erasure import Erased
from erase.plan import FOLDER as FOLDER_IN_BUCKET
from erase.plan import Plan, Tally
from erase.platform import Platform
from erase.remains import remainders

TEMPLATE = Path(__file__).parent / "certificate.txt"


def certificate(platform: Platform, subject: DataSubject, erased: Erased, now: datetime) -> dict[str, Any]:
    """Return the certificate, ready for JSON."""
    objects = sorted(erased.plan.objects)
    return {
        "made_at": now.isoformat(timespec="seconds"),
        "project": platform.project,
        "customers": len(subject.ids),
        "digests": subject.digests,
        "documents_gone_before": subject.gone_before.isoformat() if subject.gone_before else None,
        "places": [
            {
                "place": place,
                "before": tally.held,
                "theirs": tally.theirs,
                "after": after.held,
                "left": after.theirs,
            }
            for place, tally, after in _pair_tallies(erased.plan, erased.after)
        ],
        "objects": objects,
        "remains": [
            {"what": each.what, "until": each.until.isoformat(), "command": each.command}
            for each in remainders(platform, now.date(), len(objects), erased.source)
        ],
    }


def _pair_tallies(before: Plan, after: Plan) -> list[tuple[str, Tally, Tally]]:
    return [(place, before.places.get(place, tally), tally) for place, tally in after.places.items()]


def as_text(content: dict[str, Any]) -> str:
    """Return the certificate as text for people."""
    count = content["customers"]
    gone = content["documents_gone_before"]
    remains = (
        f"- {each['what']}: until {each['until']}\n  to end it early: {each['command']}"
        for each in content["remains"]
    )
    return Template(TEMPLATE.read_text(encoding="utf-8")).substitute(
        made_at=content["made_at"],
        project=content["project"],
        of=f"documents deleted before {gone}" if gone else f"{count} customer{'s' * (count > 1)}",
        digests="".join(f"Digest    {digest}\n" for digest in content["digests"]),
        places=places(content),
        remains="\n".join(remains),
    )


def places(content: dict[str, Any]) -> str:
    """Return the places of a certificate as a text table."""
    columns = ("place", "before", "theirs", "after")
    return table(columns, ([each[name] for name in columns] for each in content["places"]))


def table(columns: Iterable[str], rows: Iterable[Iterable[str | int]]) -> str:
    """Return a text table with a header row, in which each row has a place and its counts."""
    shown = ([f"{cell:,}" if isinstance(cell, int) else cell for cell in row] for row in rows)
    return "\n".join(
        f"{place:<52}{''.join(f'{count:>12}' for count in counts)}" for place, *counts in [columns, *shown]
    )


def write_to_bucket(bucket: Bucket, content: dict[str, Any]) -> str:
    """Upload both forms to the bucket; return the address of the text."""
    name = f"{FOLDER_IN_BUCKET}/{content['made_at'].replace(':', '')}"
    bucket.blob(f"{name}.json").upload_from_string(_json(content), content_type="application/json")
    bucket.blob(f"{name}.txt").upload_from_string(as_text(content), content_type="text/plain; charset=utf-8")
    return f"gs://{bucket.name}/{name}.txt"


def write_to_file(path: Path, content: dict[str, Any]) -> str:
    """Write the JSON to a file and the text beside it; return the path of the text."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.with_suffix(".json").write_text(_json(content), encoding="utf-8")
    path.with_suffix(".txt").write_text(as_text(content), encoding="utf-8")
    return str(path.with_suffix(".txt"))


def _json(content: dict[str, Any]) -> str:
    return json.dumps(content, indent=2) + "\n"


def now() -> datetime:
    """Return the current time in UTC."""
    return datetime.now(UTC)
