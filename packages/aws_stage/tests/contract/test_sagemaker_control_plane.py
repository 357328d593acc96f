"""Models, endpoint configurations and endpoints as boto3 and Terraform see them."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from aws_stage.testing import REGION, RunningStage
from aws_stage.testing.models import BUCKET, PYTORCH, ROLE, XGBOOST, Hosting, archive, xgboost_archive
from aws_stage.testing.waiting import PATIENCE
from botocore.config import Config
from botocore.exceptions import ClientError

pytestmark = pytest.mark.stage

ARN = f"arn:aws:sagemaker:{REGION}:000000000000"


@pytest.fixture(scope="module")
def hosting(stage: RunningStage) -> Iterator[Hosting]:
    with Hosting(stage) as hosting:
        yield hosting


@pytest.fixture(scope="module")
def model(hosting: Hosting) -> str:
    return hosting.model(xgboost_archive())


@pytest.fixture(scope="module")
def endpoint(hosting: Hosting, model: str) -> str:
    return hosting.endpoint(hosting.config({"ModelName": model}))


def variant(model: str, **more: Any) -> dict[str, Any]:
    return {
        "VariantName": "one",
        "ModelName": model,
        "InitialInstanceCount": 1,
        "InstanceType": "ml.m5.large",
        **more,
    }


def refusal(call: Any, **parameters: Any) -> str:
    """The message of a ValidationException."""
    with pytest.raises(ClientError) as caught:
        call(**parameters)
    assert caught.value.response["Error"]["Code"] == "ValidationException"
    message: str = caught.value.response["Error"]["Message"]
    return message


def test_a_model_is_described_as_it_was_created(hosting: Hosting) -> None:
    name = hosting.model(xgboost_archive(), environment={"LEVEL": "1"})
    description = hosting.sagemaker.describe_model(ModelName=name)
    address = f"s3://{BUCKET}/{name}/model.tar.gz"
    assert description["ModelArn"] == f"{ARN}:model/{name}"
    assert description["ExecutionRoleArn"] == ROLE
    assert description["EnableNetworkIsolation"] is False
    assert description["PrimaryContainer"] == {
        "Image": XGBOOST,
        "Mode": "SingleModel",
        "ModelDataUrl": address,
        "ModelDataSource": {"S3DataSource": {"S3Uri": address, "S3DataType": "S3Object", "CompressionType": "Gzip"}},
        "Environment": {"LEVEL": "1"},
    }


def test_a_model_may_name_its_artifact_as_a_data_source(hosting: Hosting, model: str) -> None:
    address = f"s3://{BUCKET}/{model}/model.tar.gz"
    source = {"S3DataSource": {"S3Uri": address, "S3DataType": "S3Object", "CompressionType": "Gzip"}}
    name = f"source-{uuid.uuid4().hex[:8]}"
    create = hosting.sagemaker.create_model
    create(ModelName=name, PrimaryContainer={"Image": XGBOOST, "ModelDataSource": source})
    described = hosting.sagemaker.describe_model(ModelName=name)["PrimaryContainer"]
    assert described["ModelDataSource"] == source
    assert "ModelDataUrl" not in described
    assert hosting.invoke(hosting.endpoint(hosting.config({"ModelName": name})), "1,2,3")
    source["S3DataSource"]["CompressionType"] = "None"
    assert "ModelDataSource other than" in refusal(
        create, ModelName="raw", PrimaryContainer={"Image": XGBOOST, "ModelDataSource": source}
    )


def test_an_endpoint_configuration_is_described_as_it_was_created(hosting: Hosting, model: str) -> None:
    name = hosting.config({"ModelName": model, "ContainerStartupHealthCheckTimeoutInSeconds": 120})
    description = hosting.sagemaker.describe_endpoint_config(EndpointConfigName=name)
    assert description["EndpointConfigArn"] == f"{ARN}:endpoint-config/{name}"
    assert description["ProductionVariants"] == [
        {
            "VariantName": "AllTraffic",
            "ModelName": model,
            "InitialInstanceCount": 1,
            "InstanceType": "ml.m5.large",
            "InitialVariantWeight": 1.0,
            "ContainerStartupHealthCheckTimeoutInSeconds": 120,
        }
    ]


def test_an_endpoint_in_service_shows_its_variants(hosting: Hosting, endpoint: str) -> None:
    description = hosting.describe(endpoint)
    assert description["EndpointArn"] == f"{ARN}:endpoint/{endpoint}"
    assert description["EndpointStatus"] == "InService"
    [shown] = description["ProductionVariants"]
    image = shown.pop("DeployedImages")[0]
    assert (image["SpecifiedImage"], image["ResolvedImage"]) == (XGBOOST, XGBOOST)
    assert shown == {
        "VariantName": "AllTraffic",
        "CurrentWeight": 1.0,
        "DesiredWeight": 1.0,
        "CurrentInstanceCount": 1,
        "DesiredInstanceCount": 1,
    }


def test_what_is_not_there_is_named_in_awss_words(hosting: Hosting) -> None:
    client = hosting.sagemaker
    missing = {"EndpointConfigName": "no-config", "EndpointName": "no-endpoint"}
    assert refusal(client.describe_model, ModelName="no-model") == f'Could not find model "{ARN}:model/no-model".'
    assert refusal(client.delete_model, ModelName="no-model") == f'Could not find model "{ARN}:model/no-model".'
    config = f'Could not find endpoint configuration "{ARN}:endpoint-config/no-config".'
    assert refusal(client.describe_endpoint_config, EndpointConfigName="no-config") == config
    assert refusal(client.delete_endpoint_config, EndpointConfigName="no-config") == config
    assert refusal(client.create_endpoint, **missing) == config
    endpoint = f'Could not find endpoint "{ARN}:endpoint/no-endpoint".'
    assert refusal(client.describe_endpoint, EndpointName="no-endpoint") == endpoint
    assert refusal(client.delete_endpoint, EndpointName="no-endpoint") == endpoint
    wanted = [{"VariantName": "one", "DesiredWeight": 1}]
    resize = client.update_endpoint_weights_and_capacities
    assert refusal(resize, EndpointName="no-endpoint", DesiredWeightsAndCapacities=wanted) == endpoint
    assert "Could not find model" in refusal(
        client.create_endpoint_config, EndpointConfigName="c", ProductionVariants=[variant("no-model")]
    )


def test_a_name_can_be_taken_once(hosting: Hosting, model: str, endpoint: str) -> None:
    client = hosting.sagemaker
    config = hosting.describe(endpoint)["EndpointConfigName"]
    container = {"Image": XGBOOST, "ModelDataUrl": f"s3://{BUCKET}/{model}/model.tar.gz"}
    assert refusal(client.create_model, ModelName=model, PrimaryContainer=container) == (
        f'Cannot create already existing model "{ARN}:model/{model}".'
    )
    variants = [variant(model)]
    assert refusal(client.create_endpoint_config, EndpointConfigName=config, ProductionVariants=variants) == (
        f'Cannot create already existing endpoint configuration "{ARN}:endpoint-config/{config}".'
    )
    assert refusal(client.create_endpoint, EndpointName=endpoint, EndpointConfigName=config) == (
        f'Cannot create already existing endpoint "{ARN}:endpoint/{endpoint}".'
    )


def test_requests_are_held_against_awss_model(stage: RunningStage) -> None:
    unchecked = boto3.client(
        "sagemaker",
        endpoint_url=stage.endpoint_url,
        region_name=REGION,
        aws_access_key_id="test",
        aws_secret_access_key="test",
        config=Config(parameter_validation=False),
    )
    message = refusal(unchecked.create_model, ModelName="-bad name-", PrimaryContainer={"Image": XGBOOST})
    assert message.startswith("1 validation error detected: Value '-bad name-' at 'modelName' failed to satisfy")


@pytest.mark.parametrize(
    ("container", "reason"),
    [
        ({"Image": "registry/tensorflow-inference:2.16"}, "Container image registry/tensorflow-inference:2.16"),
        ({"Image": XGBOOST, "Mode": "MultiModel"}, "Mode MultiModel"),
        ({"Image": XGBOOST, "ModelDataUrl": f"s3://{BUCKET}/nothing.tar.gz"}, "Could not find model data at s3://"),
        ({"Image": XGBOOST, "ModelDataUrl": "https://example.com/model.tar.gz"}, "write s3://bucket/key"),
        ({"Image": XGBOOST, "ContainerHostname": "a", "AdditionalModelDataSources": [1]}, "AdditionalModelDataSources"),
        ({"ContainerHostname": "a"}, "A container needs an Image"),
    ],
)
def test_a_model_that_cannot_be_served_is_refused(hosting: Hosting, container: dict[str, Any], reason: str) -> None:
    if "AdditionalModelDataSources" in container:
        source = {"S3Uri": "s3://b/k", "S3DataType": "S3Object", "CompressionType": "Gzip"}
        container = {**container, "AdditionalModelDataSources": [{"ChannelName": "c", "S3DataSource": source}]}
    assert reason in refusal(hosting.sagemaker.create_model, ModelName="refused", PrimaryContainer=container)


def test_a_model_has_exactly_one_container(hosting: Hosting, model: str) -> None:
    container = {"Image": XGBOOST, "ModelDataUrl": f"s3://{BUCKET}/{model}/model.tar.gz"}
    create = hosting.sagemaker.create_model
    assert "Exactly one of" in refusal(create, ModelName="none")
    assert "Exactly one of" in refusal(create, ModelName="both", PrimaryContainer=container, Containers=[container])
    assert "inference pipeline" in refusal(create, ModelName="two", Containers=[container, container])
    name = f"listed-{uuid.uuid4().hex[:8]}"
    create(ModelName=name, Containers=[container])
    description = hosting.sagemaker.describe_model(ModelName=name)
    assert (description["Containers"][0]["Image"], "PrimaryContainer" in description) == (XGBOOST, False)


CAPTURE = {
    "EnableCapture": True,
    "InitialSamplingPercentage": 100,
    "DestinationS3Uri": "s3://b/k",
    "CaptureOptions": [{"CaptureMode": "Input"}],
}


@pytest.mark.parametrize(
    ("more", "reason"),
    [
        ({"DataCaptureConfig": CAPTURE}, "Data capture"),
        ({"AsyncInferenceConfig": {"OutputConfig": {"S3OutputPath": "s3://b/k"}}}, "AsyncInferenceConfig"),
        ({"ExecutionRoleArn": ROLE}, "ExecutionRoleArn"),
    ],
)
def test_a_configuration_of_what_is_not_done_is_refused(
    hosting: Hosting, model: str, more: dict[str, Any], reason: str
) -> None:
    create = hosting.sagemaker.create_endpoint_config
    message = refusal(create, EndpointConfigName="refused", ProductionVariants=[variant(model)], **more)
    assert reason in message
    assert "is not supported by the local stage" in message


@pytest.mark.parametrize(
    ("more", "reason"),
    [
        ({"ManagedInstanceScaling": {"Status": "ENABLED"}}, "ManagedInstanceScaling"),
        ({"AcceleratorType": "ml.eia1.medium"}, "AcceleratorType"),
        ({"RoutingConfig": {"RoutingStrategy": "PREFIX_AWARE"}}, "PREFIX_AWARE"),
        ({"ServerlessConfig": {"MemorySizeInMB": 1024, "MaxConcurrency": 1}}, "InitialInstanceCount cannot be set"),
    ],
)
def test_a_variant_of_what_is_not_done_is_refused(
    hosting: Hosting, model: str, more: dict[str, Any], reason: str
) -> None:
    create = hosting.sagemaker.create_endpoint_config
    assert reason in refusal(create, EndpointConfigName="refused", ProductionVariants=[variant(model, **more)])


def test_capture_that_is_off_is_kept(hosting: Hosting, model: str) -> None:
    name = hosting.config({"ModelName": model}, DataCaptureConfig={**CAPTURE, "EnableCapture": False})
    assert hosting.sagemaker.describe_endpoint_config(EndpointConfigName=name)["DataCaptureConfig"] == {
        **CAPTURE,
        "EnableCapture": False,
    }


def test_variants_need_instances_or_a_serverless_configuration(hosting: Hosting, model: str) -> None:
    create = hosting.sagemaker.create_endpoint_config
    bare = {"VariantName": "one", "ModelName": model}
    assert "InstanceType and InitialInstanceCount are required" in refusal(
        create, EndpointConfigName="bare", ProductionVariants=[bare]
    )
    odd = {**bare, "ServerlessConfig": {"MemorySizeInMB": 1500, "MaxConcurrency": 1}}
    assert "MemorySizeInMB must be" in refusal(create, EndpointConfigName="odd", ProductionVariants=[odd])
    twice = [variant(model), variant(model)]
    assert "must be unique" in refusal(create, EndpointConfigName="twice", ProductionVariants=twice)


def test_more_instances_than_the_stage_gives_are_over_the_limit(hosting: Hosting, model: str) -> None:
    with pytest.raises(ClientError) as caught:
        hosting.config({"ModelName": model, "InitialInstanceCount": 9})
    assert caught.value.response["Error"]["Code"] == "ResourceLimitExceeded"


def test_endpoints_go_on_without_the_model_and_the_configuration_that_made_them(hosting: Hosting) -> None:
    model = hosting.model(xgboost_archive())
    config = hosting.config({"ModelName": model})
    endpoint = hosting.endpoint(config)
    hosting.sagemaker.delete_endpoint_config(EndpointConfigName=config)
    hosting.sagemaker.delete_model(ModelName=model)
    assert hosting.describe(endpoint)["EndpointConfigName"] == config
    assert hosting.invoke(endpoint, "1,2,3")


def test_lists_are_filtered_sorted_and_cut_into_pages(hosting: Hosting) -> None:
    client, prefix = hosting.sagemaker, f"list-{uuid.uuid4().hex[:6]}"
    artifact = hosting.model(xgboost_archive())
    container = {"Image": XGBOOST, "ModelDataUrl": f"s3://{BUCKET}/{artifact}/model.tar.gz"}
    for number in (2, 1, 3):
        client.create_model(ModelName=f"{prefix}-{number}", PrimaryContainer=container)
    newest_first = [each["ModelName"] for each in client.list_models(NameContains=prefix)["Models"]]
    assert newest_first == [f"{prefix}-3", f"{prefix}-1", f"{prefix}-2"]
    pages = client.get_paginator("list_models").paginate(
        NameContains=prefix, SortBy="Name", SortOrder="Ascending", PaginationConfig={"PageSize": 2}
    )
    assert [[each["ModelName"] for each in page["Models"]] for page in pages] == [
        [f"{prefix}-1", f"{prefix}-2"],
        [f"{prefix}-3"],
    ]


def test_endpoints_are_listed_by_status(hosting: Hosting, endpoint: str) -> None:
    def listed(**filters: Any) -> list[str]:
        pages = hosting.sagemaker.get_paginator("list_endpoints").paginate(NameContains=endpoint, **filters)
        return [each["EndpointName"] for page in pages for each in page["Endpoints"]]

    assert listed(StatusEquals="InService") == [endpoint]
    assert listed(StatusEquals="Failed") == []
    description = hosting.describe(endpoint)
    assert listed(CreationTimeAfter=description["CreationTime"]) == [endpoint]
    assert listed(CreationTimeBefore=description["CreationTime"].replace(year=2020)) == []
    config = description["EndpointConfigName"]
    [found] = hosting.sagemaker.list_endpoint_configs(NameContains=config)["EndpointConfigs"]
    assert found["EndpointConfigName"] == config


def test_every_resource_has_tags(hosting: Hosting, model: str) -> None:
    client, name = hosting.sagemaker, f"tagged-{uuid.uuid4().hex[:6]}"
    client.create_endpoint_config(
        EndpointConfigName=name, ProductionVariants=[variant(model)], Tags=[{"Key": "STACK", "Value": "s"}]
    )
    client.create_endpoint(EndpointName=name, EndpointConfigName=name, Tags=[{"Key": "STACK", "Value": "s"}])
    for arn in (f"{ARN}:endpoint-config/{name}", f"{ARN}:endpoint/{name}"):
        client.add_tags(ResourceArn=arn, Tags=[{"Key": "STACK", "Value": "t"}, {"Key": "OWNER", "Value": "me"}])
        assert client.list_tags(ResourceArn=arn)["Tags"] == [
            {"Key": "STACK", "Value": "t"},
            {"Key": "OWNER", "Value": "me"},
        ]
        client.delete_tags(ResourceArn=arn, TagKeys=["STACK", "nothing"])
        assert client.list_tags(ResourceArn=arn)["Tags"] == [{"Key": "OWNER", "Value": "me"}]
    assert "Could not find resource" in refusal(client.list_tags, ResourceArn=f"{ARN}:endpoint/nothing")


def test_boto3s_waiters_end(hosting: Hosting, model: str) -> None:
    endpoint = hosting.begin(hosting.config({"ModelName": model}))
    hosting.sagemaker.get_waiter("endpoint_in_service").wait(
        EndpointName=endpoint, WaiterConfig={"Delay": 1, "MaxAttempts": int(PATIENCE)}
    )
    hosting.sagemaker.delete_endpoint(EndpointName=endpoint)
    hosting.sagemaker.get_waiter("endpoint_deleted").wait(
        EndpointName=endpoint, WaiterConfig={"Delay": 1, "MaxAttempts": int(PATIENCE)}
    )
    with pytest.raises(hosting.runtime.exceptions.ClientError, match="not found"):
        hosting.invoke(endpoint, "1,2,3")


def test_a_model_without_its_file_fails_the_endpoint_and_says_so(hosting: Hosting) -> None:
    endpoint = hosting.begin(hosting.config({"ModelName": hosting.model(archive({"a": "1", "b": "2"}))}))
    description = hosting.settled(endpoint)
    assert description["EndpointStatus"] == "Failed"
    assert "did not pass the ping health check" in description["FailureReason"]
    assert "expected a file called xgboost-model and found a, b" in description["FailureReason"]
    with pytest.raises(Exception, match="Waiter EndpointInService failed"):
        hosting.sagemaker.get_waiter("endpoint_in_service").wait(EndpointName=endpoint)
    hosting.sagemaker.delete_endpoint(EndpointName=endpoint)


def test_a_file_that_is_no_archive_fails_the_endpoint_and_says_so(hosting: Hosting) -> None:
    endpoint = hosting.begin(hosting.config({"ModelName": hosting.model(b"this is not an archive")}))
    description = hosting.settled(endpoint)
    assert description["EndpointStatus"] == "Failed"
    assert "Failed to extract the model data archive" in description["FailureReason"]


@pytest.mark.parametrize(
    "excluded",
    [{"EnableNetworkIsolation": True}, {"VpcConfig": {"SecurityGroupIds": ["sg-1"], "Subnets": ["subnet-1"]}}],
)
def test_what_serverless_hosting_excludes_is_refused(hosting: Hosting, excluded: dict[str, Any]) -> None:
    container = hosting.sagemaker.describe_model(ModelName=hosting.model(xgboost_archive()))["PrimaryContainer"]
    given = {name: container[name] for name in ("Image", "ModelDataUrl")}
    name = f"excluded-{uuid.uuid4().hex[:8]}"
    hosting.sagemaker.create_model(ModelName=name, PrimaryContainer=given, ExecutionRoleArn=ROLE, **excluded)
    with pytest.raises(ClientError, match="which serverless endpoints do not support"):
        hosting.config({"ModelName": name, "ServerlessConfig": {"MemorySizeInMB": 2048, "MaxConcurrency": 1}})


def test_a_framework_that_is_not_installed_fails_the_endpoint_and_says_so(hosting: Hosting) -> None:
    artifact = archive({"code/inference.py": "def model_fn(model_dir): return None"})
    endpoint = hosting.begin(hosting.config({"ModelName": hosting.model(artifact, PYTORCH)}))
    description = hosting.settled(endpoint)
    assert description["EndpointStatus"] == "Failed"
    assert "PyTorch is not installed on this machine" in description["FailureReason"]


def test_operations_that_are_not_done_are_refused(hosting: Hosting, endpoint: str) -> None:
    with pytest.raises(ClientError, match="does not support sagemaker:ListProcessingJobs"):
        hosting.sagemaker.list_processing_jobs()
    with pytest.raises(ClientError, match="does not support sagemaker:InvokeEndpointWithResponseStream"):
        hosting.runtime.invoke_endpoint_with_response_stream(EndpointName=endpoint, Body=b"1,2,3")
    with pytest.raises(ClientError, match="does not support sagemaker:InvokeEndpointAsync"):
        hosting.runtime.invoke_endpoint_async(EndpointName=endpoint, InputLocation="s3://b/k")
