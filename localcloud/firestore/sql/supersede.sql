INSERT INTO superseded (collection, id, update_time, superseded_at, data)
SELECT collection, id, update_time, :time, data FROM documents
WHERE collection = :collection AND id = :id
