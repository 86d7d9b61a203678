-- The number of sales, and their first and last day in the business time zone, to which the connection is set.
select
  count(*),
  cast(cast(cast(min(sale_timestamp) as timestamptz) as date) as varchar),
  cast(cast(cast(max(sale_timestamp) as timestamptz) as date) as varchar)
from sales
