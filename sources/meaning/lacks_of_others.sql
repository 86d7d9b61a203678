-- For each of some columns, whether it is blank or 0 in a row where another of them is not.
SELECT coalesce(bool_or(is_any AND NOT regexp_matches(coalesce(COLUMNS(* EXCLUDE (is_any)), ''), '[1-9]')), FALSE)
FROM (
  SELECT *, regexp_matches(concat_ws(' ', *COLUMNS(*)), '[1-9]') AS is_any
  FROM (SELECT the_columns FROM raw)
)
