-- Devices that sent readings since the start of yesterday (UTC) but none in the last hour, the longest silent first.
SELECT
  device_id,
  MAX(event_time) AS last_reading,
  date_diff('minute', MAX(event_time), localtimestamp) AS silent_minutes,
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
GROUP BY device_id
HAVING MAX(event_time) < localtimestamp - INTERVAL '1' HOUR
ORDER BY silent_minutes DESC, device_id;
