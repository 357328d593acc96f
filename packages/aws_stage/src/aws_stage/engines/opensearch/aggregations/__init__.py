"""Aggregations: buckets and metrics, as SQL."""
