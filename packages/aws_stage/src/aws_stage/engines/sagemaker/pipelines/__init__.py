"""SageMaker Pipelines: definitions, and their executions step by step."""
