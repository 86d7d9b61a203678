INSERT INTO documents (collection, id, update_time, data)
VALUES (:collection, :id, :time, :data)
ON CONFLICT (collection, id) DO UPDATE SET update_time = excluded.update_time, data = excluded.data
