-- How many sales there are, and their first and last day where the business is, whose zone the connection has.
select
  count(*),
  cast(cast(cast(min(sale_timestamp) as timestamptz) as date) as varchar),
  cast(cast(cast(max(sale_timestamp) as timestamptz) as date) as varchar)
from sales
