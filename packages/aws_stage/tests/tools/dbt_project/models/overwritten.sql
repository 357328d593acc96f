{{ config(materialized='incremental', incremental_strategy='insert_overwrite', partitioned_by=['day']) }}
select id, cast('{{ "later" if is_incremental() else "first" }}' as varchar) as run, day
from {{ ref('readings') }}
{% if is_incremental() %} where day >= date '2025-10-16' {% endif %}
