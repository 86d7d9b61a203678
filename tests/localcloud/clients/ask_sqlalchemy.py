"""SQLAlchemy, with BigQuery's dialect."""

from sqlalchemy import MetaData, Table, create_engine, func, inspect, select

engine = create_engine("bigquery://")
with engine.connect() as connection:
    orders = Table("shop.orders", MetaData(), autoload_with=connection)
    query = select(orders.c.customer, func.sum(orders.c.amount)).group_by(orders.c.customer)
    print([tuple(row) for row in connection.execute(query.order_by(orders.c.customer))])
print([column["name"] for column in inspect(engine).get_columns("orders", schema="shop")])
