{{ config(materialized='table', partition_by={'field': 'day', 'data_type': 'date'}, cluster_by=['day']) }}

SELECT day, COUNT(*) AS orders, SUM(amount) AS amount
FROM {{ ref('orders') }}
GROUP BY day
