-- A campaign, and the warehouse's as-of date.
SELECT
  MIN(started_on) AS started_on,
  MIN(closes_on) AS closes_on,
  MIN(holdout_share) AS holdout_share,
  (SELECT MAX(as_of_date) FROM `${project}.${warehouse}.dim_customer`) AS as_of
FROM `${project}.${warehouse}.retention_audiences`
WHERE campaign = @campaign
