"""The mark of an erasure that is under way: it lies in the bucket until the erasure has ended."""

from typing import Any

from google.cloud.storage import Bucket

MARK = "erasures/open.json"


def erasure_under_way(bucket: Bucket, **call: Any) -> str:
    """Return what to tell of an erasure that has begun and not ended, with what to do; empty without one.

    `call` is what the request is made with, such as its timeout.
    """
    if bucket.get_blob(MARK, **call) is None:
        return ""
    return (
        f"an erasure is under way (gs://{bucket.name}/{MARK}): wait until it has ended; one that was stopped "
        "goes on when python -m erase is run again as it was"
    )
