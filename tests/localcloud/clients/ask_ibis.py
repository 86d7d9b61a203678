"""ibis, which writes its own SQL."""

import ibis

connection = ibis.bigquery.connect(dataset_id="shop")
orders = connection.table("orders")
print(
    orders.group_by("customer").agg(amount=orders.amount.sum()).order_by("customer").execute().to_dict("list")
)
