-- Grain: campaign, measure, currency.
CREATE TABLE `${project}.${warehouse}.retention_effects` (
  campaign STRING NOT NULL OPTIONS (description = "The campaign, as in retention_audiences"),
  started_on DATE NOT NULL OPTIONS (description = "The first day of its window"),
  measured_as_of DATE NOT NULL OPTIONS (description = "The warehouse's day when it was measured"),
  measure STRING NOT NULL OPTIONS (description = "churn: no purchase in the window; spend: the amount spent in it"),
  currency STRING NOT NULL OPTIONS (description = "The currency of a spend effect; all for churn, which covers all customers"),
  verdict STRING NOT NULL
    OPTIONS (description = "found, not found, too few, bad split: whether the campaign had an effect"),
  sentence STRING NOT NULL OPTIONS (description = "The verdict as a sentence, with the figures"),
  listed INT64 NOT NULL OPTIONS (description = "Customers who were listed and have not been erased"),
  held_out INT64 NOT NULL OPTIONS (description = "Customers who were held out and have not been erased"),
  listed_mean FLOAT64 OPTIONS (description = "Churn rate, or mean spend, of those listed"),
  held_out_mean FLOAT64 OPTIONS (description = "Churn rate, or mean spend, of those held out"),
  difference FLOAT64
    OPTIONS (description = "Listed minus held out, adjusted for the predictions; NULL without a conclusion"),
  difference_low FLOAT64 OPTIONS (description = "Lower end of the 95% interval of difference"),
  difference_high FLOAT64 OPTIONS (description = "Upper end of the 95% interval of difference"),
  p_value FLOAT64 OPTIONS (description = "Probability of a difference at least as far from 0 by chance, by permutation"),
  detectable FLOAT64 OPTIONS (description = "The effect that a campaign of this size detects with a power of 80%"),
  customers_needed INT64
    OPTIONS (description = "Customers, listed and held out, needed to detect the wanted effect with a power of 80%"),
  cost_per_customer FLOAT64 OPTIONS (description = "Cost per listed customer, as given"),
  cost_per_kept FLOAT64 OPTIONS (description = "Cost per retained customer; NULL unless an effect was found"),
  cost_per_kept_low FLOAT64 OPTIONS (description = "Lower end of its 95% interval"),
  cost_per_kept_high FLOAT64 OPTIONS (description = "Upper end of its 95% interval")
)
PARTITION BY started_on
CLUSTER BY campaign
OPTIONS (description = "Effects of campaigns: the newest measurement of each, by python -m audience effect")
