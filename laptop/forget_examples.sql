DELETE FROM `${project}.${features_dataset}.${table}`
WHERE as_of_date < (
  SELECT MIN(as_of_date)
  FROM (
    SELECT as_of_date, ROW_NUMBER() OVER (ORDER BY as_of_date DESC) AS place
    FROM (SELECT DISTINCT as_of_date FROM `${project}.${features_dataset}.${table}`)
  )
  WHERE place <= @days
)
