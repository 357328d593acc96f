-- Rows of TLC's files that cannot be trips, by month of the file and reason, the newest month first.
SELECT
  year,
  month,
  reason,
  COUNT(*) AS rows_rejected,
  COUNT(DISTINCT source_object) AS files
FROM taxi_trips_quarantine
GROUP BY year, month, reason
ORDER BY year DESC, month DESC, rows_rejected DESC, reason;
