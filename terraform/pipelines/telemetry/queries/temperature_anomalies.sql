-- Readings of today (UTC) that lie more than four standard deviations from their own device's average, the farthest first.
WITH readings AS (
  SELECT
    device_id,
    event_id,
    event_time,
    temperature,
    AVG(temperature) OVER (PARTITION BY device_id) AS device_avg,
    STDDEV_SAMP(temperature) OVER (PARTITION BY device_id) AS device_stddev
  FROM device_telemetry
  WHERE year = date_format(current_date, '%Y')
    AND month = date_format(current_date, '%m')
    AND day = date_format(current_date, '%d')
)
SELECT
  device_id,
  event_id,
  event_time,
  temperature,
  (temperature - device_avg) / device_stddev AS z_score
FROM readings
WHERE device_stddev > 0
  AND ABS(temperature - device_avg) > 4 * device_stddev
ORDER BY ABS(temperature - device_avg) / device_stddev DESC, event_id
LIMIT 100;
