"""What runs inside a training job's process: SageMaker's training contract, and nothing of the stage."""
