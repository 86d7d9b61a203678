"""The client library, used as at the start of its documentation."""

from google.cloud import bigquery

client = bigquery.Client()
QUERY = "SELECT customer, SUM(amount) AS amount FROM shop.orders GROUP BY customer ORDER BY customer"
print([tuple(row.values()) for row in client.query(QUERY).result()])
