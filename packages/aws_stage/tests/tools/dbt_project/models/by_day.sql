{{ config(partitioned_by=['day'], format='parquet', write_compression='snappy') }}
select id, score, day from {{ ref('readings') }}
