"""A batch of records and a SageMaker endpoint: each record ends scored, parked, or to be delivered again."""
