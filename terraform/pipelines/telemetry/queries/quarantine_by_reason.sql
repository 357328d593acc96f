-- Lines quarantined today (UTC, by the time the job read them), by reason, the most frequent first.
SELECT
  reason,
  COUNT(*) AS lines,
  COUNT(DISTINCT source_object) AS objects,
  MIN(ingest_time) AS first_seen,
  MAX(ingest_time) AS last_seen
FROM device_telemetry_quarantine
WHERE year = date_format(current_date, '%Y')
  AND month = date_format(current_date, '%m')
  AND day = date_format(current_date, '%d')
GROUP BY reason
ORDER BY lines DESC, reason;
