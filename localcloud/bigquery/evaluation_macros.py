"""DuckDB macros that answer a call as Google does, or say whether DuckDB's own function would."""

from local_bigquery.engine import database

MACROS = (
    "_nan_equal(x, y) AS x::DOUBLE = y::DOUBLE AND NOT (isnan(x::DOUBLE) AND isnan(y::DOUBLE))",
    "_nan_unequal(x, y) AS x::DOUBLE <> y::DOUBLE OR (isnan(x::DOUBLE) AND isnan(y::DOUBLE))",
    "_nan_less(x, y) AS x::DOUBLE < y::DOUBLE AND (x IS NULL OR NOT isnan(y::DOUBLE))",
    "_nan_less_or_equal(x, y) AS x::DOUBLE <= y::DOUBLE AND (x IS NULL OR NOT isnan(y::DOUBLE))",
    "_nan_greater(x, y) AS y::DOUBLE < x::DOUBLE AND (y IS NULL OR NOT isnan(x::DOUBLE))",
    "_nan_greater_or_equal(x, y) AS y::DOUBLE <= x::DOUBLE AND (y IS NULL OR NOT isnan(x::DOUBLE))",
    "_numeric_fits(x) AS coalesce(abs(x::DOUBLE) < 1e6, true)",
    "_exp_fits(x) AS coalesce(x::DOUBLE BETWEEN -700 AND 700, true)",
    "_are_numbers(x, y) AS coalesce(NOT isnan(x::DOUBLE), true) AND coalesce(NOT isnan(y::DOUBLE), true)",
    "_mod_fits(x, y) AS coalesce(y <> -1, true)",  # the least INT64 modulo -1 overflows in DuckDB
    "_ln_fits(x) AS coalesce(x::DOUBLE > 0 AND isfinite(x::DOUBLE), true)",
    # JSON without what only DuckDB accepts, and without numbers that it would round or write differently.
    r"""_is_plain_json(x, y := NULL) AS coalesce(json_valid(x) AND NOT regexp_matches(
        x, '[:\[,]\s*-?(?i:nan|inf)|\A\s*-?(?i:nan|inf)|,\s*[}\]]|[0-9]{16}'), true)""",
    r"""_has_plain_numbers(x, y := NULL) AS bq.main._is_plain_json(x) AND coalesce(NOT regexp_matches(
        x, '(?:[:\[,]|\A)\s*-?[0-9]+(?:[.][0-9]*0\s*(?:[,}\]]|\z)|[.0-9]*[eE])'), true)""",
    "_pow_fits(x, y) AS coalesce(abs(x::DOUBLE) < 1e100 AND y::DOUBLE IN (1, 2, 3), true)",
    """_round_fits(x, n) AS coalesce(n BETWEEN 0 AND 9 AND abs(x::DOUBLE * 10 ** n) < 1e9
        AND abs(abs(x::DOUBLE * 10 ** n) % 1 - 0.5) > 1e-6, true)""",
    "_is_ascii(x) AS coalesce(strlen(x::VARCHAR) = length(x::VARCHAR), true)",
    # DuckDB writes as few digits of a second as it can; Google none, three or six.
    r"""_clock_text(x) AS regexp_replace(
        regexp_replace(x::VARCHAR, '([.][0-9]|[.][0-9]{4})([+]|$)', '\100\2'),
        '([.][0-9]{2}|[.][0-9]{5})([+]|$)', '\10\2')""",
    "_plus_days(x, y) AS x + y::INTEGER",
    "_days_plus(x, y) AS y + x::INTEGER",
    "_minus_days(x, y) AS x - y::INTEGER",
    "_numeric_times(x, y) AS CAST(x * y AS DECIMAL(38, 9))",
    "_nan_between(x, y, z) AS bq.main._nan_less_or_equal(y, x) AND bq.main._nan_less_or_equal(x, z)",
)


def create_macros() -> None:
    """Create the macros. Call once per process."""
    connection = database.connection()
    for definition in MACROS:
        connection.execute(f"CREATE OR REPLACE MACRO bq.main.{definition}")
