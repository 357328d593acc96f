-- How each version of the fare model has done: its trips, the rate of outliers and how far it was off, the newest first.
SELECT
  model_version,
  rule,
  COUNT(*) AS trips,
  ROUND(100.0 * SUM(outlier) / COUNT(*), 2) AS percent_outliers,
  ROUND(approx_percentile(abs(residual), 0.5), 2) AS median_residual,
  ROUND(AVG(abs(residual)), 2) AS average_residual,
  MIN(scored_at) AS first_scored,
  MAX(scored_at) AS last_scored
FROM taxi_predictions_latest
GROUP BY model_version, rule
ORDER BY last_scored DESC;
