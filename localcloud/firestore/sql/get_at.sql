SELECT data FROM documents
WHERE collection = :collection AND id = :id AND update_time <= :at
UNION ALL
SELECT data FROM superseded
WHERE collection = :collection AND id = :id AND update_time <= :at AND superseded_at > :at
