"""Records on disk: one DuckDB file, a table for each table of Timestream."""
