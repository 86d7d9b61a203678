SELECT coalesce(status_text, '(none)'), status, count(*) AS lines
FROM money
WHERE accepted
GROUP BY 1, 2
ORDER BY lines DESC, 1, 2
LIMIT 20
