-- Temperature hour by hour since the start of yesterday (UTC): lowest, average, highest, and how many devices sent how many readings.
SELECT
  date_trunc('hour', event_time) AS hour,
  MIN(temperature) AS min_temp,
  AVG(temperature) AS avg_temp,
  MAX(temperature) AS max_temp,
  COUNT(DISTINCT device_id) AS devices,
  COUNT(*) AS readings
FROM device_telemetry
WHERE (
    year = date_format(current_date, '%Y')
    AND month = date_format(current_date, '%m')
    AND day = date_format(current_date, '%d')
  ) OR (
    year = date_format(current_date - INTERVAL '1' DAY, '%Y')
    AND month = date_format(current_date - INTERVAL '1' DAY, '%m')
    AND day = date_format(current_date - INTERVAL '1' DAY, '%d')
  )
GROUP BY date_trunc('hour', event_time)
ORDER BY hour;
