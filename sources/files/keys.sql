-- Each key of the first documents, in order of appearance, and whether it holds maps or lists.
with documents as (
  select rowid as row_id, doc, json_keys(doc) as keys from records where json_type(doc) = 'OBJECT' limit ?
),
spread as (
  select row_id, doc, unnest(keys) as key, unnest(range(len(keys))) as place from documents
)
select
  key,
  bool_or(json_type(doc, '$."' || replace(replace(key, '\', '\\'), '"', '\"') || '"') in ('ARRAY', 'OBJECT'))
from spread
group by key
order by min((row_id, place))
