SELECT path FROM collection
WHERE path > :prefix AND path < :stop AND (
  EXISTS (SELECT 1 FROM documents WHERE collection = number AND update_time <= :at)
  OR EXISTS (
    SELECT 1 FROM superseded WHERE collection = number AND update_time <= :at AND superseded_at > :at
  )
)
ORDER BY path
