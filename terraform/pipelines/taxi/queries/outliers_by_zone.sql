-- Zones of pick-up with the most outliers among the trips that were scored in the last seven days.
SELECT
  pickup_zone,
  COUNT(*) AS trips,
  SUM(outlier) AS outliers,
  ROUND(100.0 * SUM(outlier) / COUNT(*), 2) AS percent,
  ROUND(approx_percentile(residual, 0.5), 2) AS median_residual
FROM taxi_predictions_latest
WHERE arrival_date >= date_format(current_date - INTERVAL '7' DAY, '%Y/%m/%d')
GROUP BY pickup_zone
ORDER BY outliers DESC, pickup_zone
LIMIT 50;
