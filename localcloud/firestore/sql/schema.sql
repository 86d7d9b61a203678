CREATE TABLE IF NOT EXISTS clock (latest INTEGER NOT NULL);
INSERT INTO clock SELECT 0 WHERE NOT EXISTS (SELECT 1 FROM clock);

CREATE TABLE IF NOT EXISTS collection (
  number INTEGER PRIMARY KEY,
  path TEXT NOT NULL UNIQUE
);

-- Times are microseconds since 1970; data is the serialized google.firestore.v1.Document.
CREATE TABLE IF NOT EXISTS documents (
  collection INTEGER NOT NULL,
  id TEXT NOT NULL,
  update_time INTEGER NOT NULL,
  data BLOB NOT NULL,
  UNIQUE (collection, id)
);

-- Documents that were replaced or deleted, kept so that a read can look back.
CREATE TABLE IF NOT EXISTS superseded (
  collection INTEGER NOT NULL,
  id TEXT NOT NULL,
  update_time INTEGER NOT NULL,
  superseded_at INTEGER NOT NULL,
  data BLOB NOT NULL
);
CREATE INDEX IF NOT EXISTS superseded_by_id ON superseded (collection, id);
CREATE INDEX IF NOT EXISTS superseded_by_time ON superseded (superseded_at);
