"""What is made of a version before an endpoint can serve it: its rule, its SageMaker model, its configuration."""

from __future__ import annotations

from typing import Any

from botocore.exceptions import ClientError

from datastreamer.taxi.deploying.settings import Settings
from datastreamer.taxi.model.registry import Version, thresholds_of
from datastreamer.taxi.model.rules_table import RulesTable
from datastreamer.taxi.model.serving import resource_name

VARIANT = "AllTraffic"


def make_ready(sagemaker: Any, rules: RulesTable, endpoint: str, version: Version, settings: Settings) -> str:
    """Make what is not there yet; returns the configuration's name.

    The rule is first: from its first answer on a version is recognized by it. Raises ConfigurationError for a package
    that brings none.
    """
    package = sagemaker.describe_model_package(ModelPackageName=version.arn)
    rules.put_unless_there(thresholds_of(package))
    name = resource_name(endpoint, version.version)
    _unless_there(
        lambda: sagemaker.create_model(
            ModelName=name,
            PrimaryContainer={"ModelPackageName": version.arn},
            ExecutionRoleArn=settings.role,
            EnableNetworkIsolation=True,
        )
    )
    _unless_there(
        lambda: sagemaker.create_endpoint_config(
            EndpointConfigName=name,
            KmsKeyId=settings.kms_key,
            ProductionVariants=[
                {
                    "VariantName": VARIANT,
                    "ModelName": name,
                    "InstanceType": settings.instance_type,
                    "InitialInstanceCount": settings.instances,
                    "InitialVariantWeight": 1.0,
                }
            ],
        )
    )
    return name


def _unless_there(create: Any) -> None:
    """SageMaker refuses a second model or configuration of a name with a ValidationException like any other."""
    try:
        create()
    except ClientError as error:
        if "already existing" not in error.response["Error"].get("Message", ""):
            raise
