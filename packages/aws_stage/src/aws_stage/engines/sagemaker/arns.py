"""Names of SageMaker resources, and AWS's words for those that are missing or there already."""

from __future__ import annotations

from aws_stage.kernel.engine import AwsError
from aws_stage.kernel.settings import ACCOUNT_ID

MODEL, ENDPOINT_CONFIG, ENDPOINT = "model", "endpoint-config", "endpoint"
MODEL_PACKAGE_GROUP, MODEL_PACKAGE = "model-package-group", "model-package"
TRAINING_JOB = "training-job"
PIPELINE, PIPELINE_EXECUTION = "pipeline", "pipeline-execution"

ARN_FIELDS = {
    MODEL: "ModelArn",
    ENDPOINT_CONFIG: "EndpointConfigArn",
    ENDPOINT: "EndpointArn",
    MODEL_PACKAGE_GROUP: "ModelPackageGroupArn",
    MODEL_PACKAGE: "ModelPackageArn",
    TRAINING_JOB: "TrainingJobArn",
    PIPELINE: "PipelineArn",
}
"""The kinds of resources, and the field of each that holds its ARN."""

_WORDS = {ENDPOINT_CONFIG: "endpoint configuration"}


def arn(region: str, kind: str, name: str) -> str:
    """The ARN of a resource."""
    return f"arn:aws:sagemaker:{region}:{ACCOUNT_ID}:{kind}/{name}"


def not_found(region: str, kind: str, name: str) -> AwsError:
    """The error for a resource that is not there; SageMaker knows no ResourceNotFound here."""
    return invalid(f'Could not find {_WORDS.get(kind, kind)} "{arn(region, kind, name)}".')


def already_exists(region: str, kind: str, name: str) -> AwsError:
    """The error for a name that is taken."""
    return invalid(f'Cannot create already existing {_WORDS.get(kind, kind)} "{arn(region, kind, name)}".')


def invalid(message: str) -> AwsError:
    """What SageMaker answers to most that is wrong."""
    return AwsError("ValidationException", message)


def unsupported(what: str) -> AwsError:
    """A thing that AWS does and this engine does not."""
    return invalid(f"{what} is not supported by the local stage. docs/local-stage.md lists what it supports.")
