{{ config(materialized='incremental', incremental_strategy='append', on_schema_change='append_new_columns') }}
select
    id,
    score
    {% if is_incremental() %}, cast('later' as varchar) as added {% endif %}
from {{ ref('readings') }}
{% if is_incremental() %} where id = (select max(id) from {{ this }}) {% endif %}
