"""What runs inside a server process: SageMaker's hosting contract over a model, and nothing of the stage."""
