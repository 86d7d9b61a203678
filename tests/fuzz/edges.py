"""Edge values of BigQuery's types, as GoogleSQL literals, and the tables that hold them."""

EDGES: dict[str, list[str]] = {
    "INT64": [
        *("0", "1", "-1", "7", "-7", "100", "12345", "9007199254740993"),
        *("9223372036854775807", "-9223372036854775808", "CAST(NULL AS INT64)"),
    ],
    # Counts, positions and digits.
    "SMALL": ["0", "1", "2", "3", "-1", "-2", "-5", "10", "CAST(NULL AS INT64)"],
    "FLOAT64": [
        *("0.0", "-0.0", "1.0", "1.5", "-2.5", "0.1", "2.675", "-2.675", "1e300", "-1e-7", "1e15"),
        *("123456789.123456789", "CAST('nan' AS FLOAT64)", "CAST('inf' AS FLOAT64)"),
        *("CAST('-inf' AS FLOAT64)", "CAST(NULL AS FLOAT64)"),
    ],
    "NUMERIC": [
        *("NUMERIC '0'", "NUMERIC '1'", "NUMERIC '1.005'", "NUMERIC '-2.5'", "NUMERIC '0.000000001'"),
        *("NUMERIC '123.456'", "NUMERIC '-0.333333333'", "NUMERIC '2.345'"),
        *("NUMERIC '99999999999999999999999999999.999999999'", "CAST(NULL AS NUMERIC)"),
    ],
    "BIGNUMERIC": [
        *("BIGNUMERIC '0'", "BIGNUMERIC '1'", "BIGNUMERIC '1.005'", "BIGNUMERIC '-2.5'"),
        *("BIGNUMERIC '2.345'", "BIGNUMERIC '-1e-38'", "BIGNUMERIC '9223372036854775807.5'"),
        "BIGNUMERIC '0.33333333333333333333333333333333333333'",
        "BIGNUMERIC '-12345678901234567890123456789012345678.90123456789012345678901234567890123456'",
        "BIGNUMERIC '578960446186580977117854925043439539266.34992332820282019728792003956564819967'",
        "CAST(NULL AS BIGNUMERIC)",
    ],
    "BOOL": ["TRUE", "FALSE", "CAST(NULL AS BOOL)"],
    "STRING": [
        *("''", "'a'", "'abc_def%'", "'Ünïcödé ß'", "'İstanbul'", "'😀x'", "' x '", r"'\n\t'", "'a.b.c'"),
        *("'-12'", "'1e3'", "'0'", "'A,b,,c'", "'aXbxa'", "'ǅ ﬃ'", "'true'", "'2024-02-29'", "'5.50'"),
        *(r"'\u00a0n\u3000'", r"'it\'s \"q\" \\'", "'hello wORLD foo-bar'", "CAST(NULL AS STRING)"),
    ],
    "BYTES": ["b''", "b'abc'", r"b'\xff\x00'", "b' a '", "CAST(NULL AS BYTES)"],
    "DATE": [
        *("DATE '0001-01-01'", "DATE '1969-12-31'", "DATE '2021-01-03'", "DATE '2023-12-31'"),
        *("DATE '2024-01-01'", "DATE '2024-02-29'", "DATE '2024-01-31'", "DATE '2026-11-05'"),
        *("DATE '9999-12-31'", "CAST(NULL AS DATE)"),
    ],
    "TIMESTAMP": [
        *("TIMESTAMP '1969-12-31 23:59:59+00'", "TIMESTAMP '2023-12-31 23:59:59.999999+00'"),
        *("TIMESTAMP '2024-03-31 01:30:00+00'", "TIMESTAMP '2024-11-03 06:30:00.120+00'"),
        *("TIMESTAMP '0001-01-01 00:00:00+00'", "TIMESTAMP '9999-12-31 23:59:59+00'"),
        "CAST(NULL AS TIMESTAMP)",
    ],
    "DATETIME": [
        *("DATETIME '1969-12-31 23:59:59'", "DATETIME '2024-02-29 12:34:56.789'"),
        *("DATETIME '2021-01-03 00:00:00'", "DATETIME '9999-12-31 23:59:59'", "CAST(NULL AS DATETIME)"),
    ],
    "TIME": ["TIME '00:00:00'", "TIME '12:34:56.789'", "TIME '23:59:59.999999'", "CAST(NULL AS TIME)"],
    "JSONTEXT": [
        *("""'{"a": 1.0, "b": [1,2], "c": null, "d": "x"}'""", "'null'", "'[1]'", """'"s"'""", "'1e2'"),
        *("'{}'", "'[]'", "'{'", "'true'", """'{"a": {"b": [{"c": "deep"}]}, "d": "\\\\u00e9"}'""", "''"),
        *("'9007199254740993'", "CAST(NULL AS STRING)"),
    ],
    "JSON": [
        *("""JSON '{"a": 1.0, "b": [1,2], "c": null, "d": "x"}'""", "JSON 'null'", "JSON '[1, \"2\"]'"),
        *("""JSON '"s"'""", "JSON '1'", "JSON 'true'", "JSON '1.5'", "CAST(NULL AS JSON)"),
    ],
    "INTS": ["[1, 2, 3]", "[5]", "CAST([] AS ARRAY<INT64>)", "[3, 3, -1]"],
    "STRINGS": ["['a', 'b', 'c']", "['']", "CAST([] AS ARRAY<STRING>)", "['b', 'ä', 'B', 'a']"],
    "FLOATS": ["[1.5, CAST('nan' AS FLOAT64), -0.0]", "[0.1, 0.2]", "CAST([] AS ARRAY<FLOAT64>)"],
    "PAIR": [
        *("STRUCT(1 AS a, 'x' AS b)", "STRUCT(-5 AS a, CAST(NULL AS STRING) AS b)"),
        "STRUCT(CAST(NULL AS INT64) AS a, 'Ü' AS b)",
    ],
}
COLUMNS = {
    **{kind: kind for kind in EDGES},
    "SMALL": "INT64",
    "JSONTEXT": "STRING",
    "INTS": "ARRAY<INT64>",
    "STRINGS": "ARRAY<STRING>",
    "FLOATS": "ARRAY<FLOAT64>",
    "PAIR": "STRUCT<a INT64, b STRING>",
}


def name(kind: str) -> str:
    """Return the name of the table of a kind's edge values, with columns n (from 0) and v."""
    return f"edge_{kind.lower()}"


def rows(kind: str) -> str:
    """Return the query that yields a kind's edge values."""
    return " UNION ALL ".join(f"SELECT {n} AS n, {edge} AS v" for n, edge in enumerate(EDGES[kind]))
