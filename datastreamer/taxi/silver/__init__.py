"""What ``glue_jobs/taxi_silver.py`` is made of: bronze objects, the contract in Spark, and how a month is committed."""
