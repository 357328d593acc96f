"""Append-only logs of records with checksums: Kinesis shards, and what was put to Firehose directly."""
