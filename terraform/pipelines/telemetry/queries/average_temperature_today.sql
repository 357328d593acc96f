-- Average temperature per device today (UTC), the warmest first.
SELECT device_id, AVG(temperature) AS avg_temp
FROM device_telemetry
WHERE year = date_format(current_date, '%Y')
  AND month = date_format(current_date, '%m')
  AND day = date_format(current_date, '%d')
GROUP BY device_id
ORDER BY avg_temp DESC;
