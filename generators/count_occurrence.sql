INSERT INTO occurrences (key, times) VALUES (?, 1)
ON CONFLICT (key) DO UPDATE SET times = times + 1
RETURNING times
