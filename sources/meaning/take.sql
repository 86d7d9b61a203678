INSERT INTO raw
SELECT row_number() OVER (), 'documents', document, CASE WHEN json_valid(fields) THEN fields::JSON END
FROM (SELECT unnest(?::VARCHAR[]) AS document, unnest(?::VARCHAR[]) AS fields)
