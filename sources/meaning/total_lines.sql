-- Accepted lines that cost the sum of two or more lines above them in their file, of all or of those below the total line
-- before them: with a word that says total, or among the last ones. So do those with such a word that cost the sum of the
-- lines of their order above them. A cell that is such a word needs only one line above.
-- Sums count returns as sales, too, or as negative.
WITH
  signed AS (
    SELECT
      n,
      file,
      order_key,
      CAST(gross_cents AS BIGINT) AS own,
      came_back,
      is_total_word,
      is_total_word
        OR coalesce(regexp_matches(order_text, getvariable('names_total')), FALSE)
        OR (regexp_matches(who, getvariable('names_total')) AND count(*) OVER (PARTITION BY customer) = 1) AS said
    FROM money
    WHERE accepted
  ),
  within_orders AS (
    SELECT
      n,
      own,
      count_if(NOT said) OVER above > CASE WHEN is_total_word THEN 0 ELSE 1 END
        AND own IN (
          sum(CASE WHEN said THEN 0 ELSE own END) OVER above,
          sum(CASE WHEN said THEN 0 WHEN came_back THEN -own ELSE own END) OVER above
        ) AS is_sum
    FROM signed
    SEMI JOIN (SELECT order_key FROM signed WHERE said) AS of_totals USING (order_key)
    WINDOW above AS (PARTITION BY file, order_key ORDER BY n ROWS UNBOUNDED PRECEDING)
  ),
  ends AS (SELECT file, max(n) AS last_n FROM signed GROUP BY file),
  running AS (
    SELECT
      *,
      count_if(NOT said) OVER above AS lines,
      sum(CASE WHEN said THEN 0 ELSE own END) OVER above AS costs,
      sum(CASE WHEN said THEN 0 WHEN came_back THEN -own ELSE own END) OVER above AS kept
    FROM signed
    WINDOW above AS (PARTITION BY file ORDER BY n ROWS UNBOUNDED PRECEDING)
  ),
  candidates AS (
    SELECT
      n,
      own,
      said,
      CASE WHEN is_total_word THEN 0 ELSE 1 END AS too_few,
      n > last_n - the_last AS is_last,
      CASE WHEN said THEN 0 ELSE 1 END AS itself,
      lines - itself AS lines,
      costs - itself * own AS costs,
      kept - itself * (CASE WHEN came_back THEN -own ELSE own END) AS kept,
      coalesce(last_value(CASE WHEN said THEN running.lines END IGNORE NULLS) OVER before, 0) AS lines_before,
      coalesce(last_value(CASE WHEN said THEN running.costs END IGNORE NULLS) OVER before, 0) AS costs_before,
      coalesce(last_value(CASE WHEN said THEN running.kept END IGNORE NULLS) OVER before, 0) AS kept_before
    FROM running
    JOIN ends USING (file)
    WHERE said OR n > last_n - the_last
    WINDOW before AS (PARTITION BY file ORDER BY n ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)
  )
SELECT n, own, said
FROM candidates
WHERE own > 0
  AND (
    (lines > 1 AND own IN (costs, kept) AND (said OR is_last))
    OR (said AND lines - lines_before > too_few AND own IN (costs - costs_before, kept - kept_before))
    OR (said AND n IN (SELECT n FROM within_orders WHERE is_sum))
  )
ORDER BY n
