"""The mark of an erasure under way: it stays in the bucket until the erasure has ended."""

from typing import Any

from google.cloud.storage import Bucket

MARK = "erasures/open.json"


def erasure_under_way(bucket: Bucket, **call: Any) -> str:
    """Return a message about an unfinished erasure, with what to do; empty if there is none.

    `call` holds the options of the request, such as its timeout.
    """
    if bucket.get_blob(MARK, **call) is None:
        return ""
    return (
        f"an erasure is under way (gs://{bucket.name}/{MARK}): wait until it has ended; if it was "
        "interrupted, run the same python -m erase command again"
    )
