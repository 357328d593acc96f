-- The job's work as DuckDB's users would write it. Runs in a folder that holds raw/*.gz; lines that are no UTF-8 it passes over.
SET threads = 2;
SET preserve_insertion_order = false;
SET TimeZone = 'UTC';

CREATE TEMP TABLE judged AS
WITH lines AS (
    SELECT line, filename
    FROM read_csv('raw/*.gz', columns = {'line': 'VARCHAR'}, delim = E'\x01', quote = '', escape = '', header = false,
        auto_detect = false, filename = true, ignore_errors = true, max_line_size = 1000000, compression = 'gzip')
), parsed AS (
    SELECT line, filename,
        CASE WHEN json_valid(line) AND line LIKE '{%' THEN from_json(line, '{"event_id": "VARCHAR", "device_id": "VARCHAR",
            "timestamp": "VARCHAR", "temperature": "VARCHAR", "humidity": "VARCHAR", "battery": "VARCHAR",
            "site": "VARCHAR", "firmware": "VARCHAR"}') END AS r
    FROM lines
)
SELECT line, filename, r.event_id, r.device_id, r.site, r.firmware,
    TRY_CAST(r.timestamp AS TIMESTAMPTZ) AS moment,
    TRY_CAST(r.temperature AS DOUBLE) AS temperature,
    TRY_CAST(r.humidity AS DOUBLE) AS humidity,
    TRY_CAST(r.battery AS DOUBLE) AS battery,
    coalesce(length(trim(r.event_id)) BETWEEN 1 AND 128
        AND length(trim(r.device_id)) BETWEEN 1 AND 128
        AND regexp_matches(r.timestamp, getvariable('timestamp_pattern'))
        AND moment BETWEEN TIMESTAMPTZ '2000-01-01' AND now()
        AND temperature BETWEEN -100 AND 200
        AND (r.humidity IS NULL OR humidity BETWEEN 0 AND 100)
        AND (r.battery IS NULL OR battery BETWEEN 0 AND 100), false) AS valid
FROM parsed;

COPY (
    SELECT * EXCLUDE (line, valid), strftime(moment, '%Y') AS year, strftime(moment, '%m') AS month,
        strftime(moment, '%d') AS day
    FROM judged
    WHERE valid
    QUALIFY row_number() OVER (PARTITION BY event_id ORDER BY filename) = 1
) TO 'curated' (FORMAT parquet, COMPRESSION zstd, PARTITION_BY (year, month, day));

COPY (SELECT line, filename FROM judged WHERE NOT valid) TO 'bad.parquet' (FORMAT parquet, COMPRESSION zstd);

SELECT (SELECT count(*) FROM 'curated/**/*.parquet'), (SELECT count(*) FROM 'bad.parquet');
