"""Lambda: the engine runs functions, keeps asynchronous events and counts invocations.

ministack keeps the functions, and many of its services invoke them.
"""

from __future__ import annotations

from aws_stage.engines.lambda_runtime.engine import LambdaRuntimeEngine
from aws_stage.patches.lambda_runtime import asynchronous, metrics, payloads, tracing, workers
from aws_stage.patches.lambda_runtime.keeper import Keeper


def apply(engine: LambdaRuntimeEngine) -> None:
    engine.serve(Keeper())
    asynchronous.apply(engine)
    metrics.apply(engine)
    payloads.apply()
    tracing.apply()
    workers.apply(engine)
