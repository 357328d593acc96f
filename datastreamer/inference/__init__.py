"""Real-time inference: records on a Kinesis stream, scored by a SageMaker endpoint, kept in DynamoDB."""
