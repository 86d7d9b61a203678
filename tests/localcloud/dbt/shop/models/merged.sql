{{ config(materialized='incremental', unique_key='id') }}

SELECT id, day, amount, {{ var('run', 1) }} AS run
FROM {{ ref('orders') }}
{% if is_incremental() %}
WHERE day >= (SELECT MAX(day) FROM {{ this }})
{% endif %}
