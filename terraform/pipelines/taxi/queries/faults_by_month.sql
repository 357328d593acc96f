-- Trips by month and by what is strange about them, the newest month first.
SELECT
  year,
  month,
  fault,
  COUNT(*) AS trips
FROM taxi_trips
CROSS JOIN UNNEST(faults) AS t (fault)
GROUP BY year, month, fault
ORDER BY year DESC, month DESC, trips DESC, fault;
