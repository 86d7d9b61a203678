"""Whole queries: windows, grouping, joins, arrays, structs, statements that change rows, and scripts."""

import random
from dataclasses import dataclass

TABLES = {
    "sales": (
        "n INT64, k INT64, s STRING, f FLOAT64, d NUMERIC, day DATE, tags ARRAY<STRING>, "
        "item STRUCT<price NUMERIC, name STRING>",
        """
        SELECT 1 AS n, 1 AS k, 'a' AS s, 1.5 AS f, NUMERIC '1.005' AS d, DATE '2024-01-01' AS day,
          ['x', 'y'] AS tags, STRUCT(NUMERIC '2.5' AS price, 'tea' AS name) AS item
        UNION ALL SELECT 2, 1, 'b', NULL, NUMERIC '-2.5', DATE '2024-01-03', ['y'], (NUMERIC '0.1', NULL)
        UNION ALL SELECT 3, 2, NULL, -1.0, NULL, NULL, CAST([] AS ARRAY<STRING>), (NULL, 'Ü')
        UNION ALL SELECT 4, 2, 'a', 2.0, NUMERIC '100', DATE '2024-01-02', ['z', 'x', 'x'], (NUMERIC '1', '')
        UNION ALL SELECT 5, 3, 'c', CAST('nan' AS FLOAT64), NUMERIC '0.333333333', DATE '2024-02-29', [''],
          (NUMERIC '7', 'tea')
        UNION ALL SELECT 6, NULL, 'Z', 0.0, NUMERIC '0', DATE '2023-12-31', ['ä'], (NUMERIC '3', 'b')
        UNION ALL SELECT 7, 3, 'ß', CAST('-inf' AS FLOAT64), NUMERIC '1', DATE '2024-02-29', ['y', 'z'], NULL
        UNION ALL SELECT 8, 9, '', 2.0, NUMERIC '12.34', DATE '2024-01-02', ['x'], (NUMERIC '2.5', 'a')
        """,
    ),
    "people": (
        "k INT64, name STRING, seen DATE",
        """
        SELECT 1 AS k, 'Ann' AS name, DATE '2024-01-02' AS seen UNION ALL SELECT 2, 'bob', NULL
        UNION ALL SELECT 2, 'Bob', DATE '2024-01-01' UNION ALL SELECT 4, NULL, DATE '2024-02-29'
        UNION ALL SELECT NULL, 'Nil', DATE '2024-01-02'
        """,
    ),
}
SCALARS = """
    n|k|s|f|d|day|ARRAY_LENGTH(tags)|item.price|item.name|UPPER(s)|k + 1|f * 2|d / 3|f > 1|s < 'b'
    IFNULL(s, '-')|MOD(n, 3)|EXTRACT(MONTH FROM day)|DATE_TRUNC(day, MONTH)|CAST(f AS STRING)
    CAST(d AS STRING)
    ROUND(d, 1)|SAFE_DIVIDE(n, k - 1)|TO_JSON_STRING(f)|TO_JSON_STRING(d)|FORMAT('%.2f', f)
    FORMAT('%t', item)
    FORMAT('%T', tags)|TO_JSON_STRING(item)|SAFE_CAST(s AS INT64)|CONCAT(s, '-', n)|tags[SAFE_OFFSET(1)]
    GREATEST(f, 1.0)|COALESCE(k, n)|CASE WHEN f > 0 THEN 'p' WHEN f <= 0 THEN 'm' END|f BETWEEN -1 AND 2
    (SELECT STRING_AGG(t, '+' ORDER BY t) FROM UNNEST(tags) AS t)|'x' IN UNNEST(tags)
    DATE_DIFF(day, '2024-01-01', DAY)
"""
AGGREGATES = """
    COUNT(*)|COUNT(f)|COUNT(DISTINCT s)|COUNT(DISTINCT k)|SUM(k)|SUM(f)|SUM(d)|AVG(k)|AVG(d)|MIN(f)
    MAX(f)|MIN(s)|MAX(s)
    MIN(day)|MAX(d)|COUNTIF(f > 0)|LOGICAL_OR(f > 0)|LOGICAL_AND(n > 0)|STRING_AGG(s, ',' ORDER BY n)
    SUM(DISTINCT k)
    ARRAY_AGG(s IGNORE NULLS ORDER BY s DESC LIMIT 2)|ARRAY_AGG(n ORDER BY n)
    ARRAY_LENGTH(ARRAY_CONCAT_AGG(tags))
    STDDEV_SAMP(n)|VAR_POP(n)|STDDEV(n)|CORR(n, n * 2)|BIT_OR(n)|BIT_AND(n)|BIT_XOR(n)
    ANY_VALUE(n HAVING MAX n)
    SUM(IF(k = 1, n, 0))|MAX(item.price)|ROUND(AVG(n), 2)|FORMAT('%.2f', SUM(d))|TO_JSON_STRING(MAX(f))
    COVAR_POP(n, n)
    STRING_AGG(DISTINCT s ORDER BY s)|MAX(FORMAT('%t', f))|AVG(f)|SUM(SAFE_DIVIDE(d, k))
    ARRAY_AGG(STRUCT(n, s) ORDER BY n)
"""
KEYS = "k|s|MOD(n, 2)|day|EXTRACT(YEAR FROM day)|f|IFNULL(s, '-')|item.name|d|DATE_TRUNC(day, MONTH)"
WINDOWS = """
    ROW_NUMBER()|RANK()|DENSE_RANK()|PERCENT_RANK()|CUME_DIST()|NTILE(3)|LAG(s)|LEAD(n, 2, -1)
    FIRST_VALUE(s)
    LAST_VALUE(f)|NTH_VALUE(n, 2)|SUM(n)|SUM(d)|AVG(n)|COUNT(*)|MIN(f)|MAX(f)|MAX(s)|COUNT(f)
    FIRST_VALUE(f IGNORE NULLS)
    LAG(item.name)|SUM(f)|STRING_AGG(s)|LAST_VALUE(s IGNORE NULLS)|COUNTIF(f > 0)|AVG(d)|MIN(day)
"""
UNFRAMED = ("ROW_NUMBER", "RANK", "DENSE", "PERCENT_RANK", "CUME", "NTILE", "LAG", "LEAD")
FRAMES = """
    |ROWS BETWEEN 1 PRECEDING AND CURRENT ROW|ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING
    ROWS BETWEEN CURRENT ROW AND 2 FOLLOWING|RANGE BETWEEN 2 PRECEDING AND 1 FOLLOWING
"""
CONDITIONS = """
    f > 0|f <= 2|f = f|f != 2.0|k IS NULL|s IN ('a', 'b')|s NOT IN ('a', NULL)|d > 1|day >= '2024-01-02'
    n > 2 OR f > 1
    NOT (f > 0)|item.price = NUMERIC '2.5'|'x' IN UNNEST(tags)
    EXISTS(SELECT 1 FROM people AS p WHERE p.k = sales.k)
    k IN (SELECT k FROM people)|k NOT IN (SELECT k FROM people WHERE k IS NOT NULL)|s LIKE '%a%'|s > 'A'
    TRUE|f IS NULL
    IF(f > 0, TRUE, FALSE)|LENGTH(s) = 1|NULLIF(f, 2) IS NULL|item IS NULL|d BETWEEN 0 AND 1
"""
JOINS = ["JOIN", "LEFT JOIN", "RIGHT JOIN", "FULL JOIN", "CROSS JOIN"]
SETS = ["UNION ALL", "UNION DISTINCT", "INTERSECT DISTINCT", "EXCEPT DISTINCT"]


def words(text: str) -> list[str]:
    """Return the parts of a text, split at bars and line breaks."""
    return [part.strip() for line in text.strip("\n").splitlines() for part in line.split("|")]


SCALARS_, AGGREGATES_, WINDOWS_ = words(SCALARS), words(AGGREGATES), words(WINDOWS)
KEYS_, FRAMES_, CONDITIONS_ = words(KEYS), words(FRAMES), words(CONDITIONS)


@dataclass(frozen=True)
class Whole:
    """A query, what to run before it, and, if needed, an equivalent query for the reference engine."""

    kind: str
    sql: str
    before: str = ""
    same: str = ""
    is_ordered: bool = False


def whole(chance: random.Random) -> Whole:
    """Return a random query."""
    return chance.choice(MAKERS)(chance)


def _plain(chance: random.Random) -> Whole:
    columns = chance.sample(SCALARS_, 3)
    direction = chance.choice(["", " DESC", " NULLS LAST", " DESC NULLS FIRST"])
    order = f"ORDER BY {chance.choice(['f', 's', 'd', 'day', 'k'])}{direction}, n"
    limit = chance.choice(["", " LIMIT 3", " LIMIT 4 OFFSET 2"])
    where = chance.choice(CONDITIONS_)
    return Whole(
        "select", f"SELECT {_list(columns)} FROM sales WHERE {where} {order}{limit}", is_ordered=True
    )


def _list(columns: list[str]) -> str:
    return ", ".join(f"{column} AS c{n}" for n, column in enumerate(columns))


def _grouped(chance: random.Random) -> Whole:
    keys = chance.sample(KEYS_, chance.choice([1, 1, 2]))
    having = chance.choice(["", "", " HAVING COUNT(*) > 1", " HAVING MAX(f) > 0"])
    columns = _list([*keys, *chance.sample(AGGREGATES_, 2)])
    by = ", ".join(str(n + 1) for n in range(len(keys)))
    by = chance.choice([by, by, f"ROLLUP({', '.join(keys)})"])
    where = chance.choice(CONDITIONS_)
    return Whole("group", f"SELECT {columns} FROM sales WHERE {where} GROUP BY {by}{having}")


def _total(chance: random.Random) -> Whole:
    return Whole(
        "aggregate",
        f"SELECT {_list(chance.sample(AGGREGATES_, 3))} FROM sales WHERE {chance.choice(CONDITIONS_)}",
    )


def _window(chance: random.Random) -> Whole:
    columns = [f"{call} OVER ({_over(chance, call)})" for call in chance.sample(WINDOWS_, 2)]
    text = f"SELECT n, {_list(columns)} FROM sales"
    if chance.random() < 0.2:
        text += " WHERE TRUE QUALIFY ROW_NUMBER() OVER (PARTITION BY k ORDER BY n DESC) = 1"
    return Whole("window", f"{text} ORDER BY n", is_ordered=True)


def _over(chance: random.Random, call: str) -> str:
    partition = chance.choice(["", "PARTITION BY k ", "PARTITION BY s ", "PARTITION BY MOD(n, 2) "])
    frame = chance.choice(FRAMES_)
    if call.startswith(UNFRAMED):
        frame = ""
    if frame.startswith("RANGE"):
        return f"{partition}ORDER BY n {frame}"
    order = chance.choice(["n", "f, n", "s DESC, n", "day, n DESC", "d, n"])
    return f"{partition}ORDER BY {order} {frame}"


def _joined(chance: random.Random) -> Whole:
    join = chance.choice(JOINS)
    on = (
        ""
        if join == "CROSS JOIN"
        else chance.choice([" USING (k)", " ON a.k = b.k", " ON a.k = b.k AND a.n > 1"])
    )
    columns = chance.sample(["n", "s", "f", "name", "seen", "UPPER(name)", "item.name", "d", "a.k = b.k"], 3)
    if "USING" in on:
        columns = ["k", *(column for column in columns if "." not in column)]
    return Whole("join", f"SELECT {_list(columns)} FROM sales AS a {join} people AS b{on}")


def _unnested(chance: random.Random) -> Whole:
    join = chance.choice(
        [", UNNEST(tags) AS t", " LEFT JOIN UNNEST(tags) AS t", " CROSS JOIN UNNEST(tags) AS t"]
    )
    tail = chance.choice([" WITH OFFSET AS o", " WITH OFFSET AS o", ""])
    columns = ["n", "t", *(["o"] if tail else []), chance.choice(["UPPER(t)", "CONCAT(t, s)", "t = 'x'"])]
    if chance.random() < 0.4:
        return Whole("unnest", f"SELECT t, COUNT(*) AS c, SUM(d) AS d FROM sales{join} GROUP BY t")
    return Whole("unnest", f"SELECT {_list(columns)} FROM sales{join}{tail}")


def _set(chance: random.Random) -> Whole:
    column = chance.choice(["k", "s", "f", "day", "d"])
    other = {"k": "k", "s": "name", "day": "seen", "f": "k", "d": "k"}[column]
    return Whole("set", f"SELECT {column} AS c FROM sales {chance.choice(SETS)} SELECT {other} FROM people")


def _nested(chance: random.Random) -> Whole:
    scalar, condition = chance.choice(SCALARS_), chance.choice(CONDITIONS_)
    forms = [
        f"WITH c AS (SELECT *, {scalar} AS v FROM sales WHERE {condition}) SELECT n, v FROM c WHERE n > 1",
        f"SELECT n, (SELECT MAX(seen) FROM people AS p WHERE p.k = sales.k) AS m, {scalar} AS v FROM sales",
        f"SELECT ARRAY_AGG(STRUCT(n, {scalar} AS v) ORDER BY n) AS a FROM sales WHERE {condition}",
        f"SELECT * EXCEPT (tags, item) REPLACE ({scalar} AS s) FROM sales",
        "SELECT * FROM (SELECT k, s, n FROM sales) PIVOT(SUM(n) FOR s IN ('a', 'b'))",
        f"SELECT DISTINCT {scalar} AS v FROM sales WHERE {condition}",
        "SELECT n, ARRAY(SELECT AS STRUCT t, LENGTH(t) AS l FROM UNNEST(tags) AS t ORDER BY t) AS a,"
        f" {scalar} AS v FROM sales",
    ]
    return Whole("nested", chance.choice(forms))


CHANGES = {
    "s": ["UPPER(s)", "CAST(f AS STRING)", "FORMAT('%t', d)", "NULL", "TRIM(s)"],
    "d": ["d * 2", "ROUND(d)"],
}


def _update(chance: random.Random) -> Whole:
    column = chance.choice(list(CHANGES))
    value, where = chance.choice(CHANGES[column]), chance.choice(CONDITIONS_)
    where = where.replace("sales.k", "changed.k")
    change = f"UPDATE changed SET {column} = {value} WHERE {where}"
    same = f"SELECT n, IF({where}, {value}, {column}) AS v FROM (SELECT * FROM sales) AS changed ORDER BY n"
    return Whole("update", f"SELECT n, {column} AS v FROM changed ORDER BY n", change, same, is_ordered=True)


def _delete(chance: random.Random) -> Whole:
    where = chance.choice(CONDITIONS_).replace("sales.k", "changed.k")
    same = f"SELECT n FROM (SELECT * FROM sales) AS changed WHERE NOT IFNULL({where}, FALSE) ORDER BY n"
    return Whole(
        "delete",
        "SELECT n FROM changed ORDER BY n",
        f"DELETE FROM changed WHERE {where}",
        same,
        is_ordered=True,
    )


def _insert(chance: random.Random) -> Whole:
    value, where = chance.choice(CHANGES["s"]), chance.choice(CONDITIONS_)
    change = f"INSERT INTO changed (n, s) SELECT n + 100, {value} FROM sales WHERE {where}"
    same = f"SELECT n + 100 AS n, {value} AS s FROM sales WHERE {where} ORDER BY n"
    return Whole("insert", "SELECT n, s FROM changed WHERE n > 100 ORDER BY n", change, same, is_ordered=True)


def _script(chance: random.Random) -> Whole:
    first = chance.choice(
        ["1.5", "NUMERIC '1.005'", "DATE '2024-02-29'", "'İ'", "7", "CAST('nan' AS FLOAT64)"]
    )
    shown = chance.choice(
        ["FORMAT('%t', {x})", "TO_JSON_STRING({x})", "CAST({x} AS STRING)", "FORMAT('%T', {x})"]
    )
    same = f"SELECT {shown.format(x='x')} AS v, (SELECT COUNT(*) FROM sales WHERE f > 0) AS m"
    same += f" FROM (SELECT {first} AS x)"
    script = f"DECLARE x DEFAULT {first}; DECLARE y STRING; DECLARE m INT64; SET y = {shown.format(x='x')}; "
    script += "IF m IS NULL THEN SET m = (SELECT COUNT(*) FROM sales WHERE f > 0); END IF; SELECT y AS v, m"
    return Whole("script", script, same=same)


MAKERS = [
    *(_plain, _grouped, _grouped, _total, _window, _window, _joined, _unnested, _set, _nested, _nested),
    *(_update, _delete, _insert, _script),
]
