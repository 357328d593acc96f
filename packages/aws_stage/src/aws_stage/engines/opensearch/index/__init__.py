"""Indices: mappings, documents, and the tables of DuckDB that hold them."""
