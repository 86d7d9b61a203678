"""Cloud Logging's query language, as far as the filters in infra/ use it.

docs.cloud.google.com/logging/docs/view/logging-query-language: NOT binds tighter than OR, and OR tighter than
AND; =~ matches anywhere in a value; a field missing from an entry equals nothing.
"""

import json
import re
from collections.abc import Mapping
from typing import Any

TOKEN = re.compile(r'\s*(?:(AND|OR|NOT)\b|([()])|([\w./]+)|(=~|!=|>=|=)|("(?:[^"\\]|\\.)*"))')
SEVERITIES = ["DEFAULT", "DEBUG", "INFO", "NOTICE", "WARNING", "ERROR", "CRITICAL", "ALERT", "EMERGENCY"]
type Entry = Mapping[str, Any]


def matches(text: str, entry: Entry) -> bool:
    """Return whether an entry passes a filter; raise ValueError for unsupported syntax."""
    parser = _Parser(text, entry)
    found = parser.conjunction()
    if parser.tokens:
        raise ValueError(f"not understood from {parser.tokens[0]} on: {text}")
    return found


class _Parser:
    def __init__(self, text: str, entry: Entry) -> None:
        self.entry, self.tokens = entry, []
        position = 0
        while position < len(text.rstrip()):
            if not (found := TOKEN.match(text, position)):
                raise ValueError(f"not understood: {text[position:]}")
            self.tokens.append(found[0].strip())
            position = found.end()

    def take(self, *wanted: str) -> bool:
        if self.tokens and self.tokens[0] in wanted:
            self.tokens.pop(0)
            return True
        return False

    def conjunction(self) -> bool:
        found = self.disjunction()
        while self.take("AND"):
            found &= self.disjunction()
        return found

    def disjunction(self) -> bool:
        found = self.negation()
        while self.take("OR"):
            found |= self.negation()
        return found

    def negation(self) -> bool:
        if self.take("NOT"):
            return not self.negation()
        if self.take("("):
            found = self.conjunction()
            self.close()
            return found
        return self.comparison()

    def close(self) -> None:
        if not self.take(")"):
            raise ValueError("unclosed parenthesis")

    def comparison(self) -> bool:
        path = self.tokens.pop(0)
        if path == "log_id" and self.take("("):
            name = json.loads(self.tokens.pop(0)).replace("/", "%2F")
            self.close()
            return self.entry.get("logName", "").endswith(f"/logs/{name}")
        operator, values = self.tokens.pop(0), self.values()
        return any(_holds(_field(self.entry, path), operator, each) for each in values)

    def values(self) -> list[Any]:
        if not self.take("("):
            return [_literal(self.tokens.pop(0))]
        found = [_literal(self.tokens.pop(0))]
        while self.take("OR"):
            found.append(_literal(self.tokens.pop(0)))
        self.close()
        return found


def _literal(token: str) -> Any:
    return json.loads(token) if token[0] == '"' or token.isdigit() else token


def _field(entry: Entry, path: str) -> Any:
    value: Any = entry
    for name in path.split("."):
        value = value.get(name) if isinstance(value, Mapping) else None
    return value


def _holds(value: Any, operator: str, wanted: Any) -> bool:
    if value is None:
        return operator == "!="
    if operator == "=~":
        return re.search(wanted, value) is not None
    if operator == ">=":
        return SEVERITIES.index(value) >= SEVERITIES.index(wanted)
    return (value == wanted) == (operator == "=")
