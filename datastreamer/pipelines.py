"""The pipelines: what each of them has, and where its parts are found. Nothing else in the project lists them.

A pipeline's name is the same word in every layer, so that this names modules and folders and imports none of them: it
lies below all that reads it. Terraform composes its own in ``terraform/stage``; a test compares the two.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from datastreamer.errors import UsageError


@dataclass(frozen=True)
class Pipeline:
    """``name`` is its word in every layer; ``route`` says in a line where a record goes.

    ``functions``: its Lambda functions, each a folder of ``lambdas``. ``job``: its Glue job, a script of ``glue_jobs``.
    ``site``: whether it has pages for browsers, in ``web/<name>``. ``evaluation``: whether it evaluates a model in a
    training job of its own program.
    """

    name: str
    route: str
    functions: tuple[str, ...] = ()
    job: str = ""
    site: bool = False
    evaluation: bool = False

    @property
    def commands(self) -> str:
        """The module of its commands: ``app`` is Typer's, ``MISSING_HINT`` what to do about a missing resource."""
        return f"datastreamer.cli.{self.name}"

    @property
    def status(self) -> str:
        """The function that asks its parts on a stage how they are: a ``StageParts`` of ``datastreamer.aws.status``."""
        return f"datastreamer.{self.name}.status:stage_parts"

    @property
    def audit(self) -> str:
        """The package that proves that it lost nothing and has nothing twice."""
        return f"datastreamer.{self.name}.audit"

    @property
    def cost(self) -> str:
        """The function that estimates a month: a ``Monthly`` of ``datastreamer.provisioning.cost.estimate``."""
        return f"datastreamer.provisioning.cost.{self.name}:monthly"

    @property
    def demo(self) -> str:
        """The module that shows it at work: ``READINGS`` is how many records it sends, ``show`` runs the steps."""
        return f"scripts.demo.{self.name}"


PIPELINES: Final = {
    pipeline.name: pipeline
    for pipeline in (
        Pipeline("telemetry", "sensors -> Kinesis -> Firehose -> Glue -> Athena", job="temperature_etl"),
        Pipeline(
            "inference",
            "Kinesis -> Lambda -> SageMaker endpoint -> DynamoDB",
            functions=("inference_score",),
        ),
        Pipeline(
            "votes",
            "browser -> API Gateway -> Kinesis -> DynamoDB -> every browser",
            functions=("votes_aggregate", "votes_cast", "votes_publish", "votes_socket"),
            site=True,
        ),
        Pipeline(
            "taxi",
            "TLC's files -> S3 -> Glue -> Athena; live trips -> Kinesis -> Lambda -> Firehose -> S3, OpenSearch",
            functions=(
                "taxi_deploy",
                "taxi_drift",
                "taxi_register",
                "taxi_retrain",
                "taxi_score",
                "taxi_training_sets",
            ),
            job="taxi_silver",
            evaluation=True,
        ),
    )
}
"""By name, in the order in which help and statuses show them; the first is the one that is meant when none is named."""

FIRST: Final = next(iter(PIPELINES))


def pipeline_named(name: str) -> Pipeline:
    """The pipeline ``name``; raises UsageError, naming those that there are."""
    if name not in PIPELINES:
        raise UsageError(f"there is no pipeline {name!r}; there is: {', '.join(PIPELINES)}")
    return PIPELINES[name]
