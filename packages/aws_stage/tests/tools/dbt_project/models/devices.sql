{{ config(materialized='view') }}
select device, count(*) as readings, max(score) as score from {{ ref('readings') }} group by device
