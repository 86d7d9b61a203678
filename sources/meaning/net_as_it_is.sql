SELECT *, cents AS gross_cents FROM whole
