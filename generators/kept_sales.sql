-- How many sales there are, and their first and last day in UTC.
select
  count(*),
  left(cast(min(sale_timestamp) as varchar), 10),
  left(cast(max(sale_timestamp) as varchar), 10)
from sales
