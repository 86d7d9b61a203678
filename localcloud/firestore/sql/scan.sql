SELECT id, data FROM documents
WHERE collection = :collection AND id >= :first AND id < :stop AND update_time <= :at
UNION ALL
SELECT id, data FROM superseded
WHERE collection = :collection AND id >= :first AND id < :stop AND update_time <= :at AND superseded_at > :at
ORDER BY id
LIMIT :most
