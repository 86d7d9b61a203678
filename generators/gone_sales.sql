-- Sales of the source's earlier import that this one lacks: those older than its first day, or all others. What these
-- same files were misread as before never counts as older.
with sales_begin as (
  select left(cast(min(sale_timestamp) as varchar), 10) as day from sales
)
select earlier.sale_id
from earlier
cross join sales_begin
where earlier.sale_id not in (select sale_id from sales)
  and (
    left(earlier.sale_timestamp, 10) < sales_begin.day
    and earlier.sale_id not in (select sale_id from misread)
  ) = $older
