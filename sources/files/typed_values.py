"""Values that databases write as a map from their type: {"$date": …} in MongoDB, {"N": …} in DynamoDB.

A value may be of one type in one document and of another in the next: a number that happens to be whole.
"""

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence

# The end of a path to such a value: createdAt.$date.$numberLong, total.N, total.doubleValue.
TYPE = re.compile(
    r"(?:(?:\.\$\w+)+|\.(?:[NS]|BOOL|NULL)"
    r"|\.(?:string|integer|double|boolean|timestamp|reference|null)Value|\._?seconds)$"
)


def join_types(paths: Mapping[str, Sequence[str]]) -> dict[str, list[str]]:
    """Return, for the first path to each value of several types, all that it may be at, as JSON writes them.

    `paths` are those of the documents with their spellings in JSON. A map with the type comes after the
    value in it.
    """
    typed: dict[str, list[str]] = defaultdict(list)
    for path in paths:
        if (value := TYPE.sub("", path)) != path:
            typed[value].append(path)
    joined = {}
    for value, (first, *others) in typed.items():
        same = [first, *others, *([value] if value in paths else [])]
        if len(same) > 1:
            deepest_first = sorted(same, key=lambda path: -path.count("."))
            joined[first] = [written for path in deepest_first for written in paths[path]]
    return joined


def values_of(paths: Sequence[str], joined: Mapping[str, Sequence[str]]) -> list[str]:
    """Return the paths, of each value of several types only the first."""
    values = {TYPE.sub("", path) for path in joined}
    return [path for path in paths if path in joined or TYPE.sub("", path) not in values]
