"""Glue jobs, one module each: config -> read -> transform -> write."""
