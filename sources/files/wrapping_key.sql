-- The only list of objects in the only document of a file, if all its other keys are those of a page of results: such
-- a document is not an order itself.
with firsts as (
  select json as doc from documents_read limit 2
),
keys as (
  select doc, unnest(json_keys(doc)) as key from firsts where json_type(doc) = 'OBJECT' and (select count(*) from firsts) = 1
),
lists as (
  select key from keys where json_type(doc, '$."' || key || '"[0]') = 'OBJECT'
)
select '$."' || any_value(key) || '"'
from lists
having count(*) = 1
  and not exists (
    select 1 from keys
    where key not in (select key from lists)
      and lower(regexp_replace(key, '[^A-Za-z]', '', 'g')) not in (
        'object', 'kind', 'url', 'etag', 'version', 'odatacontext', 'accountnumber',
        'count', 'total', 'totalcount', 'totalitems', 'totalpages', 'totalresults', 'odatacount',
        'page', 'pages', 'perpage', 'pagesize', 'pagenumber', 'limit', 'offset', 'size', 'pagination', 'paging',
        'next', 'nextpage', 'nextpagetoken', 'nexturl', 'odatanextlink', 'previous', 'prev', 'hasmore', 'hasnext',
        'cursor', 'nextcursor', 'links', 'meta', 'metadata',
        'success', 'ok', 'status', 'code', 'message', 'errors', 'warnings',
        'startdate', 'enddate', 'generatedat', 'exportedat', 'lastrefresheddatetime'
      )
  )
