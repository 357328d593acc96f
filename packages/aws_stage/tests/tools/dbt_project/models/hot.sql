select id, device, day, score from {{ ref('readings') }} where score > 2
