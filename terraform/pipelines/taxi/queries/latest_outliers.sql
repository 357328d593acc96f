-- The hundred outliers that were scored last, with what was charged and what the model says.
SELECT
  scored_at,
  trip_id,
  event_time,
  pickup_zone,
  dropoff_zone,
  trip_distance,
  fare_amount,
  ROUND(predicted_fare, 2) AS predicted_fare,
  ROUND(residual, 2) AS residual,
  ROUND(threshold, 2) AS threshold,
  model_version
FROM taxi_predictions_latest
WHERE is_outlier
ORDER BY scored_at DESC, trip_id
LIMIT 100;
