"""Google's SQL engine behind its seam: types in both directions, and recovery from its own failures."""

import json
import subprocess
import sys
from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

import duckdb
import pytest
from zetasql.wasi._pb2.zetasql.local_service import local_service_pb2 as service
from zetasql.wasi._pb2.zetasql.proto import function_pb2

from localcloud.bigquery import google_functions
from localcloud.bigquery.googlesql import language
from localcloud.bigquery.googlesql.analyser import Analyser, Scope, Table
from localcloud.bigquery.googlesql.evaluator import Answer, Evaluator, Value
from localcloud.bigquery.googlesql.module import BrokenError, Module, RefusedError
from localcloud.bigquery.googlesql.reading import unwrap
from localcloud.bigquery.googlesql.types import of_field, of_parameter, to_field


def field(name: str, kind: str, **more: object) -> dict[str, object]:
    return {"name": name, "type": kind, "mode": "NULLABLE", **more}


SCALARS = """
    BIGNUMERIC BOOLEAN BYTES DATE DATETIME FLOAT GEOGRAPHY INTEGER INTERVAL JSON NUMERIC STRING TIME TIMESTAMP
"""
FIELDS = [
    *(field("a", kind) for kind in SCALARS.split()),
    field("many", "STRING", mode="REPEATED"),
    field("of", "RECORD", fields=[field("x", "INTEGER"), field("y", "RECORD", fields=[field("z", "DATE")])]),
    field("rows", "RECORD", mode="REPEATED", fields=[field("x", "FLOAT", mode="REPEATED")]),
    field("days", "RANGE", rangeElementType={"type": "DATE"}),
]


@pytest.fixture(scope="module")
def module() -> Module:
    return Module()


@pytest.fixture(scope="module")
def analyser(module: Module) -> Analyser:
    return Analyser(module)


@pytest.mark.parametrize("of", FIELDS, ids=lambda of: f"{of['name']} {of['type']}")
def test_a_field_survives_the_round_trip(analyser: Analyser, of: dict[str, object]) -> None:
    assert to_field(of["name"], of_field(of)) == of
    scope = Scope({("t",): Table([of])})
    assert analyser.analyse(f"SELECT `{of['name']}` FROM t", scope).columns == [of]


def test_parameters_of_any_shape(analyser: Analyser) -> None:
    day = {"name": "day", "type": {"type": "DATE"}}
    kind = {"type": "ARRAY", "arrayType": {"type": "STRUCT", "structTypes": [day]}}
    assert to_field("p", of_parameter(kind)) == field(
        "p", "RECORD", mode="REPEATED", fields=[field("day", "DATE")]
    )
    scope = Scope(parameters=[{"name": "p", "parameterType": kind}])
    [column] = analyser.analyse("SELECT ARRAY(SELECT day FROM UNNEST(@p)) AS days", scope).columns or []
    assert column == field("days", "DATE", mode="REPEATED")


def test_columns_without_a_name_are_numbered(analyser: Analyser) -> None:
    columns = analyser.analyse("SELECT 1, 2 AS two, 3", Scope()).columns or []
    assert [column["name"] for column in columns] == ["f0_", "two", "f1_"]


def test_a_position_is_that_in_the_script(analyser: Analyser) -> None:
    script = "SELECT 'ü';\nSELECT  nope"
    with pytest.raises(RefusedError, match=r"Unrecognized name: nope at \[2:9\]"):
        analyser.analyse(script, Scope(), script.index("SELECT  nope"))


def test_names_are_as_they_are_written(analyser: Analyser) -> None:
    query = "WITH c AS (SELECT * FROM `p-1.d.t`) SELECT * FROM c JOIN d.u USING (a), UNNEST(c.many)"
    assert sorted(analyser.table_names(query)) == [("d", "u"), ("p-1", "d", "t")]
    for project in ("p-1", "p-57b3", "example-9"):
        scope = Scope({(project, "d", "t"): Table([field("a", "DATE")])})
        assert analyser.table_names(f"SELECT 1 FROM `{project}.d.t`") == [(project, "d", "t")]
        assert analyser.analyse(f"SELECT t.a FROM `{project}.d.t`", scope).columns == [field("a", "DATE")]
        with pytest.raises(RefusedError, match=rf"Unrecognized name: b at \[1:{len(project) + 28}\]"):
            analyser.analyse(f"SELECT 1 FROM `{project}.d.t` WHERE b", scope)


def test_the_engine_restarts_after_its_own_failure(module: Module, analyser: Analyser) -> None:
    analyser.analyse("SELECT 1", Scope())
    request = service.AnalyzeRequest(sql_statement="CREATE PROCEDURE p() BEGIN SELECT 1; END")
    request.options.language_options.CopyFrom(language.bigquery(module))
    answer = module.call("Analyze", request, service.AnalyzeResponse).resolved_statement
    signature = unwrap(answer).signature
    request.simple_catalog.procedure.append(function_pb2.ProcedureProto(name_path=["p"], signature=signature))
    request.sql_statement = "CALL p()"  # which traps in this version of the engine
    before = module.starts
    with pytest.raises(BrokenError):
        module.call("Analyze", request, service.AnalyzeResponse)
    assert module.starts == before + 1
    assert analyser.analyse("SELECT MAX_BY(x, 2) AS m FROM UNNEST([1]) AS x", Scope()).columns == [
        field("m", "INTEGER")
    ]


def test_without_the_engine_sql_runs_and_one_line_says_so() -> None:
    program = """
import pathlib, wasmtime
def broken(*_): raise OSError("no such module")
wasmtime.Module.from_file = wasmtime.Module.deserialize_file = broken
import localcloud.bigquery
from local_bigquery.sql import script
from localcloud.bigquery import statement_checks
runs = script.Interpreter.sql
statement_checks.check_statements(pathlib.Path("unused"))
assert script.Interpreter.sql is runs
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert (
        done.stderr
        == "Google's SQL engine cannot be loaded, so SQL runs unchecked: OSError('no such module')\n"
    )


def test_a_slow_query_is_ended_and_the_engine_goes_on(module: Module) -> None:
    evaluator = Evaluator(module)
    starts = module.starts
    numbers = "UNNEST(GENERATE_ARRAY(1, 15000))"
    with pytest.raises(BrokenError):
        evaluator.answer(f"SELECT COUNT(*) FROM {numbers} AS a, {numbers} AS b", seconds=0.3)
    assert module.starts == starts + 1
    assert evaluator.answer("SELECT 1 + 1").rows == [[2]]


class Small(Evaluator):
    """An engine that takes at most 600 rows at once."""

    def answer(self, sql: str, parameters: Sequence[Value] = (), *more: Any) -> Answer:
        if len(parameters[0].value) > 600:
            raise BrokenError("too many at once")
        return super().answer(sql, parameters, *more)


def test_too_many_rows_are_answered_in_parts_and_none_is_lost(module: Module) -> None:
    with duckdb.connect() as connection:
        settings = {"type": "arrow", "null_handling": "special"}
        function = google_functions._make_function(Small(module))
        connection.create_function("ask", function, None, "BIGINT", **settings)
        said = quote(json.dumps({"of": [field("x", "INTEGER")], "sql": "x + 1"}))
        found = connection.execute("SELECT ask(?, x) FROM range(2500) AS t(x)", [said]).fetchall()
    assert found == [(number + 1,) for number in range(2500)]


VALUES = r"""
    NUMERIC '-1.000000001'|BIGNUMERIC '1.5'|DATETIME '2026-01-02 03:04:05.678901'|TIME '23:59:59.999999'|'ü'
    INTERVAL '-1-2 3 4:5:6.5' YEAR TO SECOND|DATE '0001-01-01'|TIMESTAMP '9999-12-31 23:59:59+00'
    b'\xff\x00'|1e300
    STRUCT(1 AS a, ['x', NULL] AS b)|[STRUCT(DATE '2026-01-31' AS d)]|JSON '{"a":[1,null]}'|TRUE
    -9223372036854775808
"""


@pytest.mark.parametrize(
    "text", [part.strip() for line in VALUES.split("\n") for part in line.split("|") if part.strip()]
)
def test_a_value_survives_the_round_trip(module: Module, text: str) -> None:
    evaluator = Evaluator(module)
    answer = evaluator.answer(f"SELECT {text} AS v")
    [[value]], [kind] = answer.rows, answer.kinds
    shown = "SELECT FORMAT('%T', @v)"
    assert (
        evaluator.answer(shown, [Value("v", kind, value)]).rows
        == evaluator.answer(f"SELECT FORMAT('%T', {text})").rows
    )
    assert answer.table().column(0).to_pylist() == [value]
