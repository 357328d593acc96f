{{ config(materialized='incremental', incremental_strategy='merge', unique_key='id', table_type='iceberg') }}
select id, score from {{ ref('readings') }}
