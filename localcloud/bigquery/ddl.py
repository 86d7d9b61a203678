"""CREATE EXTERNAL TABLE and DROP EXTERNAL TABLE, read into what they declare."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

import sqlglot
from local_bigquery.errors import not_implemented, syntax_error
from local_bigquery.sql.dialect import BigQueryDialect
from local_bigquery.sql.script import Parser
from sqlglot import exp

EXTERNAL = re.compile(r"(?:CREATE (?:OR REPLACE )?|DROP )EXTERNAL TABLE\b")


@dataclass(frozen=True)
class ExternalTable:
    """A CREATE EXTERNAL TABLE statement, its options unevaluated.

    `create` is the statement without what is special to external tables; it may name no columns.
    `partitions` has the partition columns as its columns, possibly none; it is None without that clause.
    """

    create: exp.Expr
    options: dict[str, exp.Expr]
    partitions: exp.Expr | None

    @property
    def table(self) -> exp.Table:
        """The table's name as written."""
        return next(self.create.find_all(exp.Table))


def parse_external(sql: str) -> exp.Expr | None:
    """Return a command with an ExternalTable as its meta "external", a plain DROP, or None for other SQL.

    Raises BigQueryError for a syntax error or a clause that is not supported.
    """
    if "external" not in sql.casefold():
        return None
    parser = Parser(sql)
    words = [parser.word(i) or "" for i in range(len(parser.tokens))]
    if not EXTERNAL.match(" ".join(words[:5])):
        return None
    if words[0] == "DROP":
        return _parse(_text_without(parser, [(1, 2)]), sql)
    command = exp.Command(this="CREATE", expression=parser.text(1, len(words)))
    command.meta["external"] = _external_table(parser, words, sql)
    return command


def _external_table(parser: Parser, words: Sequence[str], sql: str) -> ExternalTable:
    if _position(words, "WITH", "CONNECTION") is not None:
        raise not_implemented("CREATE EXTERNAL TABLE with a connection")
    external = words.index("EXTERNAL")
    cuts, partitions = [(external, external + 1)], None
    if (clause := _position(words, "WITH", "PARTITION", "COLUMNS")) is not None:
        end = _closing_bracket(words, clause + 3)
        cuts.append((clause, end))
        partitions = _parse(f"CREATE TABLE partitions {parser.text(clause + 3, end)}", sql)
    create = _parse(_text_without(parser, cuts), sql)
    properties = create.args.get("properties")
    options = dict(map(_option, properties.expressions)) if properties else {}
    create.set("properties", None)
    return ExternalTable(create, options, partitions)


def _position(words: Sequence[str], *wanted: str) -> int | None:
    """Return where the words stand outside brackets, or None."""
    depth = 0
    for i, word in enumerate(words):
        depth += (word == "(") - (word == ")")
        if depth == 0 and tuple(words[i : i + len(wanted)]) == wanted:
            return i
    return None


def _closing_bracket(words: Sequence[str], start: int) -> int:
    """Return the end of the bracket that opens at `start`, or `start` when none does."""
    depth = 0
    for i in range(start, len(words)):
        depth += (words[i] == "(") - (words[i] == ")")
        if depth == 0:
            return i + 1 if i > start else start
    return start


def _text_without(parser: Parser, cuts: Sequence[tuple[int, int]]) -> str:
    edges = [0, *(edge for cut in cuts for edge in cut), len(parser.tokens)]
    return " ".join(parser.text(start, end) for start, end in zip(edges[::2], edges[1::2], strict=True))


def _parse(text: str, sql: str) -> exp.Expr:
    try:
        return sqlglot.parse_one(text, dialect=BigQueryDialect)
    except sqlglot.errors.SqlglotError as error:
        raise syntax_error(error, sql) from error


def _option(node: exp.Expr) -> tuple[str, exp.Expr]:
    if isinstance(node, exp.FileFormatProperty):
        return "format", node.this
    return node.name.lower(), node.args["value"]
