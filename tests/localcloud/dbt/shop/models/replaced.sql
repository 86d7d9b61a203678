{{ config(
    materialized='incremental',
    incremental_strategy='insert_overwrite',
    partition_by={'field': 'day', 'data_type': 'date'},
) }}

SELECT day, amount, {{ var('run', 1) }} AS run
FROM {{ ref('orders') }}
{% if is_incremental() %}
WHERE day = '2026-01-02'
{% endif %}
