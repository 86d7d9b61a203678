    -- A row is an order, or what is said of a line is said of it alone.
    SELECT *, cents AS gross_cents, least(cents, refunded_cents) AS back_cents
    FROM whole
