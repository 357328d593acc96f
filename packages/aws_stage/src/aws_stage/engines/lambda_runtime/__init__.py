"""Lambda's runtime: processes of Python functions, their logs and metrics, and asynchronous invocations."""

from __future__ import annotations

from aws_stage.kernel.engine import Engine, Stage


def create(stage: Stage) -> Engine:
    """The engine, for the stage to start."""
    from aws_stage.engines.lambda_runtime.engine import LambdaRuntimeEngine

    return LambdaRuntimeEngine(stage)
