-- The first few texts of a key in the members of a list, and in how many of the documents to be counted each is.
SELECT list(word), list(documents)
FROM (
  SELECT word, count(DISTINCT n) FILTER (WHERE is_counted) AS documents
  FROM (SELECT n, the_counted AS is_counted, unnest(json_extract_string(doc, the_path)) AS word FROM raw)
  WHERE word IS NOT NULL AND word != 'null'
  GROUP BY word
  ORDER BY word
  LIMIT 12
)
