"""Amazon OpenSearch Service: domains, and the searches that they answer, on DuckDB."""

from __future__ import annotations

from aws_stage.kernel.engine import Engine, Stage


def create(stage: Stage) -> Engine:
    """The engine, for the stage to start."""
    from aws_stage.engines.opensearch.engine import OpenSearchEngine

    return OpenSearchEngine(stage)
