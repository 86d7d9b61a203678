"""A data frame from a query's result, although BigQuery's Storage client is there; and one that is loaded."""

import pandas
from google.cloud import bigquery

client = bigquery.Client()
frame = client.query("SELECT * FROM shop.orders ORDER BY customer, amount").to_dataframe()
print(frame.to_dict("list"))

numbers = "SELECT n FROM UNNEST(GENERATE_ARRAY(1, 700)), UNNEST(GENERATE_ARRAY(1, 500)) AS n"
print(client.query_and_wait(numbers).to_dataframe()["n"].sum())

client.load_table_from_dataframe(pandas.DataFrame({"price": [1.5, None]}), "shop.loaded").result()
print(client.list_rows("shop.loaded").to_dataframe(create_bqstorage_client=False)["price"].sum())
