"""SageMaker models and endpoint configurations."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from botocore.exceptions import ClientError

from datastreamer.aws.faults import is_missing, is_missing_object
from datastreamer.errors import ConfigurationError, UsageError
from datastreamer.inference.missing import CONFIG, MODEL, looking_for
from datastreamer.inference.names import tag_list
from datastreamer.scoring.score_range import METADATA, ScoreRange

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_sagemaker import SageMakerClient
    from mypy_boto3_sagemaker.type_defs import ContainerDefinitionTypeDef

SERVERLESS_MEMORY_MB = (1024, 2048, 3072, 4096, 5120, 6144)
"""What a serverless variant may have (ProductionVariantServerlessConfig)."""


@dataclass(frozen=True)
class Artifact:
    """A model archive in S3."""

    bucket: str
    key: str

    @classmethod
    def parse(cls, uri: str) -> Artifact:
        """Raises UsageError unless ``uri`` names a ``.tar.gz`` in S3."""
        parts = urlsplit(uri)
        if parts.scheme != "s3" or not parts.netloc or not parts.path.endswith(".tar.gz"):
            raise UsageError(f"{uri!r} is no model archive; give s3://<bucket>/<key>.tar.gz")
        return cls(parts.netloc, parts.path.removeprefix("/"))

    @property
    def uri(self) -> str:
        return f"s3://{self.bucket}/{self.key}"


@dataclass(frozen=True)
class Hosting:
    """What a variant runs on: ``instances`` machines of ``instance_type``, or serverless with ``memory_mb``."""

    instance_type: str = "ml.m5.large"
    instances: int = 1
    serverless: bool = False
    memory_mb: int = 2048
    concurrency: int = 5

    def variant(self, name: str, model: str) -> dict[str, Any]:
        """The production variant that carries all traffic."""
        if self.serverless:
            if self.memory_mb not in SERVERLESS_MEMORY_MB:
                raise UsageError(f"a serverless endpoint has {SERVERLESS_MEMORY_MB} MB of memory, not {self.memory_mb}")
            hosted: dict[str, Any] = {
                "ServerlessConfig": {"MemorySizeInMB": self.memory_mb, "MaxConcurrency": self.concurrency}
            }
        else:
            hosted = {"InstanceType": self.instance_type, "InitialInstanceCount": self.instances}
        return {"VariantName": name, "ModelName": model, "InitialVariantWeight": 1.0, **hosted}


def declared_range(s3: S3Client, artifact: Artifact, given: ScoreRange | None = None) -> ScoreRange | None:
    """``given``, or else the range of scores that the archive's metadata declares, None where it declares none.

    Raises ConfigurationError when there is no such object, or what it declares is no range. Who may not look need not:
    SageMaker's role reads the archive.
    """
    try:
        found = s3.head_object(Bucket=artifact.bucket, Key=artifact.key)
    except ClientError as error:
        if error.response["Error"]["Code"] in ("403", "AccessDenied"):
            return given
        if not (is_missing(error) or is_missing_object(error)):
            raise
        raise ConfigurationError(
            f"there is no model at {artifact.uri}. Upload it: aws s3 cp model.tar.gz {artifact.uri}"
        ) from error
    if given is not None:
        return given
    declared = found.get("Metadata", {}).get(METADATA)
    try:
        return ScoreRange.parse(declared) if declared else None
    except UsageError as error:
        raise ConfigurationError(
            f"the metadata {METADATA} of {artifact.uri} says: {error}. Or name the range: --score-range"
        ) from error


def create_model(
    sagemaker: SageMakerClient,
    name: str,
    *,
    image: str,
    artifact: Artifact,
    role_arn: str,
    stack: str,
    environment: Mapping[str, str],
) -> None:
    """Make a model of one container with the variables ``environment``."""
    container: ContainerDefinitionTypeDef = {"Image": image, "ModelDataUrl": artifact.uri}
    if environment:
        container["Environment"] = environment
    sagemaker.create_model(
        ModelName=name,
        PrimaryContainer=container,
        ExecutionRoleArn=role_arn,
        Tags=tag_list(stack),  # type: ignore[arg-type]
    )


def create_endpoint_config(
    sagemaker: SageMakerClient, name: str, *, model: str, hosting: Hosting, variant: str, stack: str
) -> None:
    """Make an endpoint configuration with one variant.

    Raises ConfigurationError when there is no such model, UsageError when there is a configuration of that name.
    """
    hosted = hosting.variant(variant, model)
    with looking_for(MODEL, model, sagemaker):
        sagemaker.describe_model(ModelName=model)
    _refuse_existing(sagemaker, "endpoint_config", name)
    sagemaker.create_endpoint_config(
        EndpointConfigName=name,
        ProductionVariants=[hosted],  # type: ignore[list-item]
        Tags=tag_list(stack),  # type: ignore[arg-type]
    )


def check_model_is_new(sagemaker: SageMakerClient, name: str) -> None:
    """Raises UsageError when there is a model of that name."""
    _refuse_existing(sagemaker, "model", name)


def delete_model(sagemaker: SageMakerClient, name: str) -> None:
    with looking_for(MODEL, name, sagemaker):
        sagemaker.delete_model(ModelName=name)


def delete_endpoint_config(sagemaker: SageMakerClient, name: str) -> None:
    with looking_for(CONFIG, name, sagemaker):
        sagemaker.delete_endpoint_config(EndpointConfigName=name)


def _refuse_existing(sagemaker: SageMakerClient, kind: str, name: str) -> None:
    parameter, word = {
        "model": ("ModelName", "a model"),
        "endpoint_config": ("EndpointConfigName", "an endpoint configuration"),
    }[kind]
    try:
        getattr(sagemaker, f"describe_{kind}")(**{parameter: name})
    except ClientError as error:
        if not is_missing(error):
            raise
        return
    raise UsageError(f"there is {word} {name} already; neither can be changed once made: choose another name")
