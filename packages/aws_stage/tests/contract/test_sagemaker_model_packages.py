"""The model registry: groups, versions, approval, and models made of them."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from aws_stage.testing import REGION, RunningStage
from aws_stage.testing.models import (
    BUCKET,
    ROLE,
    SCIKIT_LEARN,
    SCRIPT,
    XGBOOST,
    Hosting,
    script,
    xgboost_archive,
)
from aws_stage.testing.waiting import eventually
from aws_stage.testing.watched_events import WatchedEvents
from botocore.exceptions import ClientError

pytestmark = pytest.mark.stage

ARN = f"arn:aws:sagemaker:{REGION}:000000000000"


@pytest.fixture(scope="module")
def hosting(stage: RunningStage) -> Iterator[Hosting]:
    with Hosting(stage) as hosting:
        yield hosting


@pytest.fixture
def group(hosting: Hosting) -> str:
    name = f"group-{uuid.uuid4().hex[:8]}"
    hosting.sagemaker.create_model_package_group(
        ModelPackageGroupName=name,
        ModelPackageGroupDescription="Models of «this», at 25 °C",
        Tags=[{"Key": "STACK", "Value": "s"}],
    )
    return name


def specification(hosting: Hosting, artifact: bytes, image: str = XGBOOST, **container: Any) -> dict[str, Any]:
    key = f"packages/{uuid.uuid4().hex}/model.tar.gz"
    hosting.s3.put_object(Bucket=BUCKET, Key=key, Body=artifact)
    return {
        "Containers": [{"Image": image, "ModelDataUrl": f"s3://{BUCKET}/{key}", **container}],
        "SupportedContentTypes": ["text/csv"],
        "SupportedResponseMIMETypes": ["text/csv"],
    }


def refusal(call: Any, code: str = "ValidationException", **parameters: Any) -> str:
    with pytest.raises(ClientError) as caught:
        call(**parameters)
    assert caught.value.response["Error"]["Code"] == code
    message: str = caught.value.response["Error"]["Message"]
    return message


def test_a_group_is_described_listed_and_tagged(hosting: Hosting, group: str) -> None:
    client = hosting.sagemaker
    description = client.describe_model_package_group(ModelPackageGroupName=group)
    assert description["ModelPackageGroupArn"] == f"{ARN}:model-package-group/{group}"
    assert description["ModelPackageGroupDescription"] == "Models of «this», at 25 °C"
    assert description["ModelPackageGroupStatus"] == "Completed"
    [found] = client.list_model_package_groups(NameContains=group)["ModelPackageGroupSummaryList"]
    assert found["ModelPackageGroupName"] == group
    tags = client.list_tags(ResourceArn=description["ModelPackageGroupArn"])["Tags"]
    assert tags == [{"Key": "STACK", "Value": "s"}]
    assert "already exists" in refusal(client.create_model_package_group, ModelPackageGroupName=group)


def test_versions_count_up_and_are_never_given_twice(hosting: Hosting, group: str) -> None:
    client, what = hosting.sagemaker, specification(hosting, xgboost_archive())

    def register() -> str:
        answer = client.create_model_package(ModelPackageGroupName=group, InferenceSpecification=what)
        arn: str = answer["ModelPackageArn"]
        return arn

    first, second = register(), register()
    assert (first, second) == (f"{ARN}:model-package/{group}/1", f"{ARN}:model-package/{group}/2")
    client.delete_model_package(ModelPackageName=second)
    assert register() == f"{ARN}:model-package/{group}/3"
    listed = client.list_model_packages(ModelPackageGroupName=group)["ModelPackageSummaryList"]
    assert [each["ModelPackageVersion"] for each in listed] == [3, 1]


def test_a_version_waits_for_approval(hosting: Hosting, group: str) -> None:
    client = hosting.sagemaker
    arn = client.create_model_package(
        ModelPackageGroupName=group,
        InferenceSpecification=specification(hosting, xgboost_archive()),
        CustomerMetadataProperties={"recall": "0.9", "run": "1"},
    )["ModelPackageArn"]
    description = client.describe_model_package(ModelPackageName=arn)
    assert description["ModelApprovalStatus"] == "PendingManualApproval"
    assert description["ModelPackageStatus"] == "Completed"
    client.update_model_package(
        ModelPackageArn=arn,
        ModelApprovalStatus="Approved",
        ApprovalDescription="good",
        CustomerMetadataProperties={"recall": "0.95"},
        CustomerMetadataPropertiesToRemove=["run"],
    )
    description = client.describe_model_package(ModelPackageName=arn)
    assert (description["ModelApprovalStatus"], description["ApprovalDescription"]) == ("Approved", "good")
    assert description["CustomerMetadataProperties"] == {"recall": "0.95"}
    for status, found in (("Approved", [arn]), ("Rejected", [])):
        listed = client.list_model_packages(ModelPackageGroupName=group, ModelApprovalStatus=status)
        assert [each["ModelPackageArn"] for each in listed["ModelPackageSummaryList"]] == found


def test_an_endpoint_serves_a_version(hosting: Hosting, group: str) -> None:
    code = (
        "import os\n"
        "def model_fn(d): return os.environ['A'] + os.environ['B']\n"
        "def transform_fn(model, b, c, a): return model, a\n"
    )
    what = specification(hosting, script(code), SCIKIT_LEARN, Environment={**SCRIPT, "A": "package ", "B": "package"})
    arn = hosting.sagemaker.create_model_package(ModelPackageGroupName=group, InferenceSpecification=what)[
        "ModelPackageArn"
    ]
    container = {"ModelPackageName": arn, "Environment": {"B": "model"}}
    name = f"model-{group}"
    hosting.sagemaker.create_model(ModelName=name, PrimaryContainer=container, ExecutionRoleArn=ROLE)
    described = hosting.sagemaker.describe_model(ModelName=name)["PrimaryContainer"]
    assert described == {"Mode": "SingleModel", **container}
    endpoint = hosting.endpoint(hosting.config({"ModelName": name}))
    assert hosting.invoke(endpoint, "1") == "package model"


def test_what_is_not_there_or_still_needed_is_said(hosting: Hosting, group: str) -> None:
    client = hosting.sagemaker
    missing = "does not exist"
    assert missing in refusal(client.describe_model_package_group, ModelPackageGroupName="none")
    assert missing in refusal(client.delete_model_package_group, ModelPackageGroupName="none")
    assert missing in refusal(client.describe_model_package, ModelPackageName=f"{ARN}:model-package/{group}/9")
    assert missing in refusal(client.create_model_package, ModelPackageGroupName="none")
    assert "Exactly one of" in refusal(client.create_model_package)
    container = {"ModelPackageName": f"{ARN}:model-package/{group}/9"}
    assert missing in refusal(client.create_model, ModelName="none", PrimaryContainer=container)
    arn = client.create_model_package(
        ModelPackageGroupName=group, InferenceSpecification=specification(hosting, xgboost_archive())
    )["ModelPackageArn"]
    assert "has model packages" in refusal(
        client.delete_model_package_group, "ConflictException", ModelPackageGroupName=group
    )
    client.delete_model_package(ModelPackageName=arn)
    client.delete_model_package_group(ModelPackageGroupName=group)
    assert missing in refusal(client.describe_model_package_group, ModelPackageGroupName=group)


def test_a_package_may_have_a_name_of_its_own(hosting: Hosting) -> None:
    name = f"single-{uuid.uuid4().hex[:8]}"
    what = specification(hosting, xgboost_archive())
    arn = hosting.sagemaker.create_model_package(ModelPackageName=name, InferenceSpecification=what)["ModelPackageArn"]
    assert arn == f"{ARN}:model-package/{name}"
    assert "ModelPackageVersion" not in hosting.sagemaker.describe_model_package(ModelPackageName=name)
    listed = hosting.sagemaker.list_model_packages(NameContains=name)["ModelPackageSummaryList"]
    assert [each["ModelPackageName"] for each in listed] == [name]


def test_an_approval_is_an_event_with_the_whole_package(hosting: Hosting, group: str) -> None:
    metrics = {"ModelQuality": {"Statistics": {"ContentType": "application/json", "S3Uri": f"s3://{BUCKET}/m.json"}}}
    baselines = {"ModelQuality": {"Statistics": {"ContentType": "application/json", "S3Uri": f"s3://{BUCKET}/b.json"}}}
    client = hosting.sagemaker
    with WatchedEvents(hosting.stage, "SageMaker Model Package State Change", ModelPackageGroupName=group) as events:
        arn = client.create_model_package(
            ModelPackageGroupName=group,
            InferenceSpecification=specification(hosting, xgboost_archive()),
            ModelMetrics=metrics,
            DriftCheckBaselines=baselines,
            CustomerMetadataProperties={"revision": "abc", "range": "2025"},
            SkipModelValidation="None",
            ModelCard={"ModelCardContent": '{"model_overview": {}}', "ModelCardStatus": "Draft"},
        )["ModelPackageArn"]
        client.update_model_package(
            ModelPackageArn=arn,
            ModelApprovalStatus="Approved",
            ApprovalDescription="better on recent days",
            CustomerMetadataProperties={"threshold": "2.5"},
            CustomerMetadataPropertiesToRemove=["range"],
        )
        eventually(lambda: len(events.details()) == 2)
        created, approved = sorted(events.seen, key=lambda event: "UpdatedModelPackageFields" in event["detail"])
    assert created["detail"]["ModelApprovalStatus"] == "PendingManualApproval"
    assert approved["resources"] == [arn]
    detail = approved["detail"]
    assert (detail["ModelPackageArn"], detail["ModelPackageVersion"]) == (arn, 1)
    assert (detail["ModelPackageStatus"], detail["ModelApprovalStatus"]) == ("Completed", "Approved")
    assert detail["ModelMetrics"] == metrics
    assert detail["CustomerMetadataProperties"] == {"revision": "abc", "threshold": "2.5"}
    assert set(detail["UpdatedModelPackageFields"]) == {
        *("ModelApprovalStatus", "ApprovalDescription", "CustomerMetadataProperties")
    }
    description = client.describe_model_package(ModelPackageName=arn)
    assert description["DriftCheckBaselines"] == baselines
    assert description["ModelCard"] == {"ModelCardContent": '{"model_overview": {}}', "ModelCardStatus": "Draft"}
    assert detail["LastModifiedTime"] == description["LastModifiedTime"].strftime("%Y-%m-%dT%H:%M:%SZ")
