"""Writing to Kinesis Data Streams: ordered per partition key, at least once, within the service's limits."""
