DELETE FROM superseded WHERE rowid IN (
  SELECT rowid FROM superseded WHERE superseded_at <= :before ORDER BY superseded_at LIMIT :most
)
