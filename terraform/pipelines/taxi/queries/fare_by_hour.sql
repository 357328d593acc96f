-- Fare by hour of the pick-up (New York time), of trips at the standard rate with nothing strange about them.
SELECT
  hour(pickup_time) AS pickup_hour,
  COUNT(*) AS trips,
  ROUND(AVG(fare_amount), 2) AS average_fare,
  ROUND(SUM(fare_amount) / SUM(trip_distance), 2) AS fare_per_mile
FROM taxi_trips
WHERE cardinality(faults) = 0
  AND rate_code = 1
GROUP BY hour(pickup_time)
ORDER BY pickup_hour;
