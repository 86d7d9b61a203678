-- Grain: campaign, measure, currency.
CREATE TABLE `${project}.${warehouse}.retention_effects` (
  campaign STRING NOT NULL OPTIONS (description = "The campaign, as in retention_audiences"),
  started_on DATE NOT NULL OPTIONS (description = "The first day of its window"),
  measured_as_of DATE NOT NULL OPTIONS (description = "The warehouse's day when it was measured"),
  measure STRING NOT NULL OPTIONS (description = "churn: no purchase in the window; spend: what was spent in it"),
  currency STRING NOT NULL OPTIONS (description = "Of a spend; all for churn, which is of all customers"),
  verdict STRING NOT NULL
    OPTIONS (description = "found, not found, too few, bad split: whether the figures show that the action did anything"),
  sentence STRING NOT NULL OPTIONS (description = "The same for people, with the figures"),
  listed INT64 NOT NULL OPTIONS (description = "Customers who were listed and have not been erased"),
  held_out INT64 NOT NULL OPTIONS (description = "Customers who were held out and have not been erased"),
  listed_mean FLOAT64 OPTIONS (description = "Share that churned, or mean spend, of those listed"),
  held_out_mean FLOAT64 OPTIONS (description = "Share that churned, or mean spend, of those held out"),
  difference FLOAT64
    OPTIONS (description = "Of the listed less the held out, allowing for what was predicted; NULL when nothing can be said"),
  difference_low FLOAT64 OPTIONS (description = "Lower end of the 95 % interval of difference"),
  difference_high FLOAT64 OPTIONS (description = "Upper end of the 95 % interval of difference"),
  p_value FLOAT64 OPTIONS (description = "How often chance alone gives a difference as far from 0, by permutation"),
  detectable FLOAT64 OPTIONS (description = "The effect that such a campaign shows 4 times in 5"),
  customers_needed INT64
    OPTIONS (description = "Customers, listed and held out, with whom an effect of the wanted size shows 4 times in 5"),
  cost_per_customer FLOAT64 OPTIONS (description = "What treating one listed customer cost, as it was given"),
  cost_per_kept FLOAT64 OPTIONS (description = "What keeping one customer cost; NULL unless an effect was found"),
  cost_per_kept_low FLOAT64 OPTIONS (description = "Lower end of its 95 % interval"),
  cost_per_kept_high FLOAT64 OPTIONS (description = "Upper end of its 95 % interval")
)
PARTITION BY started_on
CLUSTER BY campaign
OPTIONS (description = "What campaigns kept: the newest measurement of each, by python -m audience effect")
