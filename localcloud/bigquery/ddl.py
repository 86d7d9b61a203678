"""CREATE EXTERNAL TABLE and DROP EXTERNAL TABLE, read into what they declare."""

import re
from dataclasses import dataclass

import sqlglot
from local_bigquery.errors import not_implemented, syntax_error
from local_bigquery.sql.dialect import BigQueryDialect
from local_bigquery.sql.script import Parser
from sqlglot import exp

EXTERNAL = re.compile(r"(?:CREATE (?:OR REPLACE )?|DROP )EXTERNAL TABLE\b")


@dataclass(frozen=True)
class ExternalTable:
    """A CREATE EXTERNAL TABLE statement: the table it makes, its options unevaluated, its partition columns.

    `partitions` is None without WITH PARTITION COLUMNS; an exp.Create without columns has them found in the files.
    """

    create: exp.Create
    partitions: exp.Create | None

    @property
    def table(self) -> exp.Table:
        """The table's name as written, with its dataset and project where they were."""
        found = self.create.find(exp.Table)
        assert found is not None  # noqa: S101 -- a parsed CREATE TABLE has one
        return found

    @property
    def options(self) -> dict[str, exp.Expression]:
        """The OPTIONS list, each value still an expression."""
        properties = self.create.args.get("properties")
        return (
            {_option_name(node): _option_value(node) for node in properties.expressions} if properties else {}
        )


def parse_external(sql: str) -> exp.Expression | None:
    """Return a command that carries an ExternalTable, a plain DROP, or None when `sql` is another statement."""
    parser = Parser(sql)
    words = [parser.word(i) or "" for i in range(len(parser.tokens))]
    if not EXTERNAL.match(" ".join(words[:5])):
        return None
    if words[0] == "DROP":
        return _parse(_without(parser, [(1, 2)]), sql)
    return _create(parser, words, sql)


def _create(parser: Parser, words: list[str], sql: str) -> exp.Expression:
    external = words.index("EXTERNAL")
    cuts, partitions = [(external, external + 1)], None
    if clause := _clause(words, "WITH", "CONNECTION"):
        raise not_implemented("CREATE EXTERNAL TABLE … WITH CONNECTION")
    if clause := _clause(words, "WITH", "PARTITION", "COLUMNS"):
        end = _closing(words, clause + 3)
        cuts.append((clause, end))
        partitions = _parse(f"CREATE TABLE t {parser.text(clause + 3, end)}", sql)
    command = exp.Command(this="CREATE", expression=f"EXTERNAL TABLE {parser.text(external + 2, len(words))}")
    create = _parse(_without(parser, cuts), sql)
    command.meta["external"] = ExternalTable(create, partitions)
    return command


def _clause(words: list[str], *wanted: str) -> int | None:
    """Return where the words stand, outside brackets."""
    depth = 0
    for i, word in enumerate(words):
        depth += (word == "(") - (word == ")")
        if depth == 0 and words[i : i + len(wanted)] == list(wanted):
            return i
    return None


def _closing(words: list[str], start: int) -> int:
    """Return the end of the bracket that opens at `start`, or `start` when none does."""
    depth = 0
    for i in range(start, len(words)):
        depth += (words[i] == "(") - (words[i] == ")")
        if depth == 0:
            return i + 1 if i > start else start
    return start


def _without(parser: Parser, cuts: list[tuple[int, int]]) -> str:
    edges = [0, *(edge for cut in cuts for edge in cut), len(parser.tokens)]
    return " ".join(parser.text(start, end) for start, end in zip(edges[::2], edges[1::2], strict=True))


def _parse(text: str, sql: str) -> exp.Create:
    try:
        return sqlglot.parse_one(text, dialect=BigQueryDialect)
    except sqlglot.errors.SqlglotError as error:
        raise syntax_error(error, sql) from error


def _option_name(node: exp.Expression) -> str:
    return "format" if isinstance(node, exp.FileFormatProperty) else node.name.lower()


def _option_value(node: exp.Expression) -> exp.Expression:
    return node.this if isinstance(node, exp.FileFormatProperty) else node.args["value"]
