"""create-model and create-endpoint-config."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.unit.inference_cli.conftest import CommandLine

IMAGE = "354813040037.dkr.ecr.ap-northeast-1.amazonaws.com/sagemaker-xgboost:3.0-5"
ARCHIVE = "s3://models/example/model.tar.gz"


@pytest.fixture
def archive(cli: CommandLine) -> str:
    s3 = cli.client("s3")
    s3.create_bucket(Bucket="models", CreateBucketConfiguration={"LocationConstraint": "ap-northeast-1"})
    s3.put_object(Bucket="models", Key="example/model.tar.gz", Body=b"x")
    return ARCHIVE


@pytest.fixture
def model(cli: CommandLine, archive: str) -> str:
    cli.done("create-model", "shop-model", IMAGE, archive)
    return "shop-model"


def policy_of(cli: CommandLine, role: str) -> dict[str, Any]:
    document = cli.client("iam").get_role_policy(RoleName=role, PolicyName="least-privilege")["PolicyDocument"]
    return {statement["Sid"]: statement for statement in document["Statement"]}


def test_create_model_makes_a_model_and_its_role(cli: CommandLine, archive: str) -> None:
    answer = cli.done("create-model", "shop-model", IMAGE, archive, "--json")
    role = "arn:aws:iam::123456789012:role/shop-model-role"
    assert answer.document == {
        "model": "shop-model",
        "image": IMAGE,
        "model_uri": ARCHIVE,
        "role": role,
        "score_range": None,
        "environment": {},
    }
    described = cli.client("sagemaker").describe_model(ModelName="shop-model")
    assert described["PrimaryContainer"] == {"Image": IMAGE, "ModelDataUrl": ARCHIVE}
    assert described["ExecutionRoleArn"] == role
    assert {"Key": "STACK", "Value": "shop"} in cli.parameters("CreateModel")["Tags"]


def environment(cli: CommandLine) -> dict[str, str]:
    given: dict[str, str] = cli.parameters("CreateModel")["PrimaryContainer"].get("Environment", {})
    return given


def test_a_model_declares_the_range_that_it_is_given(cli: CommandLine, archive: str) -> None:
    document = cli.done("create-model", "m", "image", archive, "--score-range", "0..1", "--json").document
    assert document["score_range"] == "0..1"
    assert environment(cli) == {"DATASTREAMER_SCORE_RANGE": "0..1"}


def test_a_model_takes_over_the_range_that_its_archive_declares(cli: CommandLine, archive: str) -> None:
    bucket, _, key = archive.removeprefix("s3://").partition("/")
    cli.client("s3").put_object(Bucket=bucket, Key=key, Body=b"x", Metadata={"score-range": "0..1"})
    assert "scores in 0..1" in cli.done("create-model", "m", "image", archive).out
    assert environment(cli) == {"DATASTREAMER_SCORE_RANGE": "0..1"}
    cli.done("create-model", "wider", "image", archive, "--score-range", "..")
    assert environment(cli) == {"DATASTREAMER_SCORE_RANGE": ".."}


def test_a_model_without_a_range_declares_none(cli: CommandLine, archive: str) -> None:
    assert "no range of scores declared" in cli.done("create-model", "m", "image", archive).out
    assert environment(cli) == {}


SCIKIT_LEARN = "354813040037.dkr.ecr.ap-northeast-1.amazonaws.com/sagemaker-scikit-learn:1.4-2"
SCRIPT = {"SAGEMAKER_PROGRAM": "inference.py", "SAGEMAKER_SUBMIT_DIRECTORY": "/opt/ml/model/code"}


@pytest.mark.parametrize(
    ("image", "options", "expected"),
    [
        (IMAGE, (), {}),
        (IMAGE, ("--env", "A=1", "--env", "B=x=y"), {"A": "1", "B": "x=y"}),
        (IMAGE, ("--env", "SAGEMAKER_PROGRAM=mine.py"), {**SCRIPT, "SAGEMAKER_PROGRAM": "mine.py"}),
        (SCIKIT_LEARN, (), SCRIPT),
        (
            SCIKIT_LEARN,
            ("--env", "SAGEMAKER_SUBMIT_DIRECTORY=/opt/ml/model"),
            {**SCRIPT, "SAGEMAKER_SUBMIT_DIRECTORY": "/opt/ml/model"},
        ),
        (
            SCIKIT_LEARN,
            ("--env", "A=1", "--score-range", "0..1"),
            {**SCRIPT, "A": "1", "DATASTREAMER_SCORE_RANGE": "0..1"},
        ),
    ],
)
def test_a_container_gets_the_variables_that_it_is_given_and_those_that_its_image_needs(
    cli: CommandLine, archive: str, image: str, options: tuple[str, ...], expected: dict[str, str]
) -> None:
    document = cli.done("create-model", "m", image, archive, *options, "--json").document
    assert document["environment"] == environment(cli) == expected


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ("A", "--env takes NAME=VALUE"),
        ("=1", "--env takes NAME=VALUE"),
        ("A-B=1", "--env takes NAME=VALUE"),
        (f"A={'x' * 1025}", "has 1,025 characters; SageMaker takes 1,024"),
        ("DATASTREAMER_SCORE_RANGE=0..1", "given by --score-range"),
    ],
)
def test_a_variable_that_sagemaker_would_refuse_is_told_before_anything_is_made(
    cli: CommandLine, archive: str, setting: str, message: str
) -> None:
    answer = cli("create-model", "m", IMAGE, archive, "--env", setting)
    assert (answer.code, cli.operations) == (2, [])
    assert message in answer.err


def test_an_image_of_another_region_is_warned_of(cli: CommandLine, archive: str) -> None:
    elsewhere = IMAGE.replace("ap-northeast-1", "eu-west-1")
    answer = cli.done("create-model", "m", elsewhere, archive)
    assert "the image is in eu-west-1, the model in ap-northeast-1" in " ".join(answer.err.split())
    for image in (IMAGE, "my-image"):
        assert "the image is in" not in cli.done("create-model", f"m-{len(image)}", image, archive).err


@pytest.mark.parametrize("text", ["0-1", "1..0", "a..b", "nan..", "0..inf", "1"])
def test_what_is_no_range_is_told_before_anything_is_made(cli: CommandLine, archive: str, text: str) -> None:
    answer = cli("create-model", "m", "image", archive, "--score-range", text)
    assert answer.code == 2
    assert "is no range of scores; give <low>..<high>" in answer.err
    bucket, _, key = archive.removeprefix("s3://").partition("/")
    cli.client("s3").put_object(Bucket=bucket, Key=key, Body=b"x", Metadata={"score-range": text})
    answer = cli("create-model", "m", "image", archive)
    assert answer.code == 2
    assert "--score-range" in answer.err
    assert cli.client("sagemaker").list_models()["Models"] == []


@pytest.mark.usefixtures("model")
def test_the_models_role_reads_that_archive_and_pulls_that_image_alone(cli: CommandLine) -> None:
    statements = policy_of(cli, "shop-model-role")
    assert statements["ReadModel"]["Resource"] == "arn:aws:s3:::models/example/model.tar.gz"
    assert statements["PullImage"]["Resource"] == (
        "arn:aws:ecr:ap-northeast-1:354813040037:repository/sagemaker-xgboost"
    )
    everywhere = {sid for sid, statement in statements.items() if statement["Resource"] == "*"}
    assert everywhere == {"LogInToRegistry", "WriteMetrics"}  # neither has resources that a policy could name
    trusted = cli.client("iam").get_role(RoleName="shop-model-role")["Role"]["AssumeRolePolicyDocument"]
    [statement] = trusted["Statement"]
    assert statement["Principal"] == {"Service": "sagemaker.amazonaws.com"}
    assert statement["Condition"] == {"StringEquals": {"aws:SourceAccount": "123456789012"}}


def test_create_model_uses_the_role_it_is_given(cli: CommandLine, archive: str) -> None:
    cli.done("create-model", "m", IMAGE, archive, "--role", "arn:aws:iam::123456789012:role/mine")
    assert cli.parameters("CreateModel")["ExecutionRoleArn"].endswith("role/mine")
    assert "CreateRole" not in cli.operations


def test_create_model_leaves_a_strangers_role_alone(cli: CommandLine, archive: str) -> None:
    cli.client("iam").create_role(RoleName="shop-model-role", AssumeRolePolicyDocument="{}")
    answer = cli("create-model", "shop-model", IMAGE, archive)
    assert answer.code == 2
    assert "there is a role shop-model-role that is not of stack shop; name another with --role" in answer.err
    assert "PutRolePolicy" not in cli.operations


def test_the_role_is_taken_back_when_the_model_is_refused(cli: CommandLine, archive: str, refusing: Any) -> None:
    refusing("CreateModel", "AccessDeniedException", "not authorized")
    answer = cli("create-model", "shop-model", IMAGE, archive)
    assert answer.code == 1
    assert "took back role shop-model-role" in answer.err
    assert cli.client("iam").list_roles()["Roles"] == []


def test_a_role_that_could_not_be_made_is_not_said_to_be_taken_back(
    cli: CommandLine, archive: str, refusing: Any
) -> None:
    refusing("CreateRole", "AccessDeniedException", "not authorized")
    assert "took back" not in cli("create-model", "shop-model", IMAGE, archive).err


def test_create_model_waits_until_its_new_role_is_known(cli: CommandLine, archive: str, refusing: Any) -> None:
    refusing("CreateModel", "ValidationException", "Could not assume role arn:…", times=2)
    assert cli.done("create-model", "shop-model", IMAGE, archive).out.startswith("created model shop-model")


def test_create_model_names_its_calls_in_a_dry_run(cli: CommandLine, archive: str) -> None:
    calls = dict(cli.dry("create-model", "shop-model", IMAGE, archive))
    assert list(calls) == ["iam.CreateRole", "iam.PutRolePolicy", "sagemaker.CreateModel"]
    assert json.loads(calls["iam.PutRolePolicy"]["PolicyDocument"])["Statement"][0]["Sid"] == "ReadModel"
    assert calls["sagemaker.CreateModel"]["ExecutionRoleArn"] == "arn:aws:iam::123456789012:role/shop-model-role"


@pytest.mark.usefixtures("archive")
@pytest.mark.parametrize(
    ("uri", "message"),
    [
        ("model.tar.gz", "is no model archive; give s3://<bucket>/<key>.tar.gz"),
        ("s3://models/model.pkl", "is no model archive"),
        ("s3://models/other.tar.gz", "there is no model at s3://models/other.tar.gz. Upload it: aws s3 cp"),
        ("s3://nowhere/model.tar.gz", "there is no model at s3://nowhere/model.tar.gz"),
    ],
)
def test_an_archive_that_is_none_is_told_before_anything_is_made(cli: CommandLine, uri: str, message: str) -> None:
    answer = cli("create-model", "m", IMAGE, uri)
    assert answer.code == 2
    assert message in answer.err
    assert "CreateRole" not in cli.operations


def test_create_model_twice_is_told_in_one_line(cli: CommandLine, model: str) -> None:
    answer = cli("create-model", model, IMAGE, ARCHIVE)
    assert answer.code == 2
    assert "there is a model shop-model already" in answer.err


def variant_of(cli: CommandLine, name: str) -> dict[str, Any]:
    [variant] = cli.client("sagemaker").describe_endpoint_config(EndpointConfigName=name)["ProductionVariants"]
    return dict(variant)


def test_create_endpoint_config_runs_the_model_on_a_machine(cli: CommandLine, model: str) -> None:
    answer = cli.done("create-endpoint-config", "shop-config", model)
    assert answer.out == "created endpoint configuration shop-config: shop-model on 1 x ml.m5.large\n"
    variant = variant_of(cli, "shop-config")
    assert (variant["VariantName"], variant["ModelName"]) == ("AllTraffic", model)
    assert (variant["InstanceType"], variant["InitialInstanceCount"]) == ("ml.m5.large", 1)
    assert {"Key": "STACK", "Value": "shop"} in cli.parameters("CreateEndpointConfig")["Tags"]


def test_create_endpoint_config_takes_machine_number_and_variant(cli: CommandLine, model: str) -> None:
    options = ("--instance-type", "ml.c5.xlarge", "--instance-count", "3", "--variant", "blue")
    cli.done("create-endpoint-config", "c", model, *options)
    variant = variant_of(cli, "c")
    assert (variant["VariantName"], variant["InstanceType"], variant["InitialInstanceCount"]) == (
        "blue",
        "ml.c5.xlarge",
        3,
    )


def test_create_endpoint_config_can_be_serverless(cli: CommandLine, model: str) -> None:
    cli.done("create-endpoint-config", "c", model, "--serverless", "--memory", "4096", "--max-concurrency", "20")
    [variant] = cli.parameters("CreateEndpointConfig")["ProductionVariants"]
    assert variant["ServerlessConfig"] == {"MemorySizeInMB": 4096, "MaxConcurrency": 20}
    assert "InstanceType" not in variant


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--serverless", "--instance-count", "2"), "--instance-count excludes --serverless"),
        (("--serverless", "--instance-type", "ml.m5.large"), "--instance-type excludes --serverless"),
        (("--memory", "4096"), "--memory needs --serverless"),
        (("--max-concurrency", "5"), "--max-concurrency needs --serverless"),
    ],
)
def test_an_option_of_the_other_kind_of_hosting_is_refused(
    cli: CommandLine, model: str, options: tuple[str, ...], message: str
) -> None:
    answer = cli("create-endpoint-config", "c", model, *options)
    assert answer.code == 2
    assert message in answer.err
    assert "CreateEndpointConfig" not in cli.operations


def test_a_serverless_memory_that_does_not_exist_is_told(cli: CommandLine, model: str) -> None:
    answer = cli("create-endpoint-config", "c", model, "--serverless", "--memory", "1000")
    assert answer.code == 2
    assert "1024, 2048" in answer.err


def test_create_endpoint_config_of_a_missing_model_names_the_nearest(cli: CommandLine, model: str) -> None:
    answer = cli("create-endpoint-config", "c", model + "s")
    assert answer.code == 2
    assert "there is no model shop-models in ap-northeast-1. Did you mean shop-model?" in answer.err


def test_create_endpoint_config_twice_is_told_in_one_line(cli: CommandLine, model: str) -> None:
    cli.done("create-endpoint-config", "c", model)
    answer = cli("create-endpoint-config", "c", model)
    assert answer.code == 2
    assert "there is an endpoint configuration c already" in answer.err


@pytest.mark.parametrize(
    ("name", "stack"),
    [("shop-config", "shop"), ("shop-config-2", "shop"), ("shop-2-config", "shop-2"), ("shop-2", "shop-2")],
)
def test_a_configuration_and_its_successors_are_of_the_stack_that_their_names_say(
    cli: CommandLine, model: str, name: str, stack: str
) -> None:
    [(_, given)] = cli.dry("create-endpoint-config", name, model)
    assert {"Key": "STACK", "Value": stack} in given["Tags"]


def test_create_endpoint_config_names_its_call_in_a_dry_run(cli: CommandLine, model: str) -> None:
    [(name, given)] = cli.dry("create-endpoint-config", "c", model)
    assert name == "sagemaker.CreateEndpointConfig"
    assert given["ProductionVariants"][0]["ModelName"] == model
