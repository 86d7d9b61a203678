    -- A row is an order, or what a line says applies to that line alone.
    SELECT *, cents AS gross_cents, least(cents, refunded_cents) AS back_cents
    FROM whole
