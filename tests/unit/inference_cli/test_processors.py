"""create-processor, update-processor, delete-processor, list-processors."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path
from typing import Any

import pytest

from datastreamer.cli.inference.processors.update import SETTINGS
from tests.conftest import REPOSITORY
from tests.unit.inference_cli.conftest import CommandLine

NAMES = ("shop-processor", "shop-stream", "shop-endpoint", "shop-predictions")
BUCKET = "shop-dlq-123456789012"


@pytest.fixture(autouse=True)
def package(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """The zip of the function, without building the true one each time."""
    file = tmp_path / "inference_score.zip"
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("handler.py", "def handler(event, context): return {}")
    for module in ("lifecycle", "update"):
        monkeypatch.setattr(f"datastreamer.cli.inference.processors.{module}.package", lambda: file)
    return file


@pytest.fixture
def parts(cli: CommandLine) -> None:
    """Stream, endpoint and table of a stack ``shop``."""
    cli.client("kinesis").create_stream(StreamName="shop-stream", ShardCount=1)
    cli.client("dynamodb").create_table(
        TableName="shop-predictions",
        AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"} for key in ("pk", "sk")],
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
        BillingMode="PAY_PER_REQUEST",
    )
    sagemaker = cli.client("sagemaker")
    sagemaker.create_model(
        ModelName="m", PrimaryContainer={"Image": "i"}, ExecutionRoleArn="arn:aws:iam::123456789012:role/r"
    )
    sagemaker.create_endpoint_config(
        EndpointConfigName="c",
        ProductionVariants=[
            {"VariantName": "v", "ModelName": "m", "InstanceType": "ml.m5.large", "InitialInstanceCount": 1}
        ],
    )
    for endpoint in ("shop-endpoint", "other-endpoint"):
        sagemaker.create_endpoint(EndpointName=endpoint, EndpointConfigName="c")


@pytest.fixture
def processor(cli: CommandLine, parts: None) -> str:  # noqa: ARG001
    cli.done("create-processor", *NAMES)
    return "shop-processor"


def left(cli: CommandLine) -> dict[str, list[str]]:
    """What there is of processors."""
    lambda_, iam, logs, s3 = (cli.client(service) for service in ("lambda", "iam", "logs", "s3"))
    return {
        "functions": [each["FunctionName"] for each in lambda_.list_functions()["Functions"]],
        "mappings": [each["EventSourceArn"] for each in lambda_.list_event_source_mappings()["EventSourceMappings"]],
        "roles": [each["RoleName"] for each in iam.list_roles()["Roles"]],
        "log groups": [each["logGroupName"] for each in logs.describe_log_groups()["logGroups"]],
        "buckets": [each["Name"] for each in s3.list_buckets()["Buckets"]],
    }


def policy(cli: CommandLine) -> dict[str, Any]:
    document = cli.client("iam").get_role_policy(RoleName="shop-processor-role", PolicyName="least-privilege")
    return {statement["Sid"]: statement for statement in document["PolicyDocument"]["Statement"]}


@pytest.mark.usefixtures("parts")
class TestCreate:
    def test_it_makes_everything_and_says_what_it_connects(self, cli: CommandLine) -> None:
        answer = cli.done("create-processor", *NAMES)
        assert answer.out == (
            "Enabled processor shop-processor: shop-stream -> shop-endpoint -> shop-predictions, "
            "failures to shop-dlq-123456789012\n"
        )
        assert left(cli) == {
            "functions": ["shop-processor"],
            "mappings": ["arn:aws:kinesis:ap-northeast-1:123456789012:stream/shop-stream"],
            "roles": ["shop-processor-role"],
            "log groups": ["/aws/lambda/shop-processor"],
            "buckets": [BUCKET],
        }

    def test_the_function_is_told_what_the_handler_reads(self, cli: CommandLine) -> None:
        cli.done(
            "create-processor", *NAMES, "--threshold", "0.7", "--ttl-days", "30", "--content-type", "application/json"
        )
        given = cli.parameters("CreateFunction")
        assert given["Environment"]["Variables"] == {
            "ENDPOINT_NAME": "shop-endpoint",
            "TABLE_NAME": "shop-predictions",
            "DLQ_BUCKET": BUCKET,
            "CONTENT_TYPE": "application/json",
            "MAX_ROWS_PER_CALL": "1000",
            "SCORE_THRESHOLD": "0.7",
            "TTL_DAYS": "30",
            "POWERTOOLS_SERVICE_NAME": "shop-processor",
            "POWERTOOLS_METRICS_NAMESPACE": "Datastreamer/Inference",
        }
        assert (given["Runtime"], given["Handler"]) == ("python3.11", "handler.handler")
        assert zipfile.ZipFile(io.BytesIO(given["Code"]["ZipFile"])).namelist() == ["handler.py"]

    def test_without_threshold_and_ttl_the_function_is_not_told_of_them(self, cli: CommandLine) -> None:
        cli.done("create-processor", *NAMES)
        told = cli.parameters("CreateFunction")["Environment"]["Variables"]
        assert not {"SCORE_THRESHOLD", "TTL_DAYS"} & told.keys()

    def test_the_stream_is_read_as_terraform_would(self, cli: CommandLine) -> None:
        cli.done("create-processor", *NAMES)
        given = cli.parameters("CreateEventSourceMapping")
        assert {key: given[key] for key in given if key not in ("Tags", "EventSourceArn", "FunctionName")} == {
            "BatchSize": 500,
            "MaximumBatchingWindowInSeconds": 0,
            "ParallelizationFactor": 1,
            "MaximumRetryAttempts": 5,
            "MaximumRecordAgeInSeconds": 86_400,
            "BisectBatchOnFunctionError": True,
            "StartingPosition": "TRIM_HORIZON",
            "FunctionResponseTypes": ["ReportBatchItemFailures"],
            "DestinationConfig": {"OnFailure": {"Destination": f"arn:aws:s3:::{BUCKET}"}},
            "MetricsConfig": {"Metrics": ["EventCount"]},
        }

    def test_every_option_of_the_reading_reaches_the_mapping(self, cli: CommandLine) -> None:
        options = "--batch-size 7 --window 3 --parallelization 2 --retries 1 --max-age 60 --no-bisect"
        cli.done("create-processor", *NAMES, *options.split(), "--starting-position", "LATEST")
        given = cli.parameters("CreateEventSourceMapping")
        assert (given["BatchSize"], given["MaximumBatchingWindowInSeconds"], given["ParallelizationFactor"]) == (
            7,
            3,
            2,
        )
        assert (given["MaximumRetryAttempts"], given["MaximumRecordAgeInSeconds"]) == (1, 60)
        assert (given["BisectBatchOnFunctionError"], given["StartingPosition"]) == (False, "LATEST")

    def test_its_role_may_do_its_task_and_no_more(self, cli: CommandLine) -> None:
        cli.done("create-processor", *NAMES)
        statements = policy(cli)
        assert statements["Score"]["Resource"].endswith(":endpoint/shop-endpoint")
        assert statements["WritePredictions"]["Resource"].endswith(":table/shop-predictions")
        assert statements["ReadStream"]["Resource"].endswith(":stream/shop-stream")
        assert statements["ParkRecords"]["Resource"] == [
            f"arn:aws:s3:::{BUCKET}/failures/*",
            f"arn:aws:s3:::{BUCKET}/aws/lambda/*",
        ]
        actions = [action for statement in statements.values() for action in statement["Action"]]
        assert not [action for action in actions if "*" in action]
        assert all(statement["Resource"] != "*" for statement in statements.values())

    def test_its_bucket_is_private_encrypted_and_for_tls_only(self, cli: CommandLine) -> None:
        cli.done("create-processor", *NAMES)
        s3 = cli.client("s3")
        assert all(s3.get_public_access_block(Bucket=BUCKET)["PublicAccessBlockConfiguration"].values())
        rule = s3.get_bucket_encryption(Bucket=BUCKET)["ServerSideEncryptionConfiguration"]["Rules"][0]
        assert rule["ApplyServerSideEncryptionByDefault"]["SSEAlgorithm"] == "aws:kms"
        refused = json.loads(s3.get_bucket_policy(Bucket=BUCKET)["Policy"])["Statement"]
        assert {"Bool": {"aws:SecureTransport": "false"}} in [each["Condition"] for each in refused]

    def test_a_bucket_that_is_there_is_used_as_it_is(self, cli: CommandLine) -> None:
        where = {"LocationConstraint": "ap-northeast-1"}
        cli.client("s3").create_bucket(Bucket="mine", CreateBucketConfiguration=where)
        assert cli.done("create-processor", *NAMES, "--dlq", "mine", "--json").document["dlq_bucket"] == "mine"
        assert "PutBucketPolicy" not in cli.operations

    def test_a_dry_run_names_every_call_in_order(self, cli: CommandLine) -> None:
        calls = cli.dry("create-processor", *NAMES)
        assert [name for name, _ in calls] == [
            "s3.CreateBucket",
            "s3.PutPublicAccessBlock",
            "s3.PutBucketOwnershipControls",
            "s3.PutBucketEncryption",
            "s3.PutBucketPolicy",
            "s3.PutBucketLifecycleConfiguration",
            "s3.PutBucketTagging",
            "iam.CreateRole",
            "iam.PutRolePolicy",
            "logs.CreateLogGroup",
            "logs.PutRetentionPolicy",
            "lambda.CreateFunction",
            "lambda.CreateEventSourceMapping",
        ]
        assert not any(left(cli).values())

    @pytest.mark.parametrize(
        ("place", "wrong", "message"),
        [
            (1, "shop-steam", "there is no stream shop-steam in ap-northeast-1. Did you mean shop-stream?"),
            (2, "shop-endpoin", "there is no endpoint shop-endpoin in ap-northeast-1. Did you mean shop-endpoint?"),
            (3, "predictions", "there is no table predictions in ap-northeast-1."),
        ],
    )
    def test_what_does_not_exist_is_told_before_anything_is_made(
        self, cli: CommandLine, place: int, wrong: str, message: str
    ) -> None:
        names = [*NAMES]
        names[place] = wrong
        answer = cli("create-processor", *names)
        assert answer.code == 2
        assert message in answer.err
        assert not any(left(cli).values())

    def test_a_table_with_other_keys_is_refused(self, cli: CommandLine) -> None:
        cli.client("dynamodb").create_table(
            TableName="orders",
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            BillingMode="PAY_PER_REQUEST",
        )
        answer = cli("create-processor", *NAMES[:3], "orders")
        assert answer.code == 2
        assert "table orders cannot hold predictions: its keys must be pk and sk" in answer.err

    @pytest.mark.parametrize(
        "failing", ["PutRolePolicy", "CreateLogGroup", "CreateFunction", "CreateEventSourceMapping"]
    )
    def test_what_was_made_is_taken_back_when_a_step_fails(self, cli: CommandLine, refusing: Any, failing: str) -> None:
        refusing(failing, "AccessDeniedException", "not authorized")
        answer = cli("create-processor", *NAMES)
        assert answer.code == 1
        assert f"AccessDeniedException: not authorized. The caller may not {failing}" in answer.err
        assert f"took back bucket {BUCKET}" in answer.err
        assert not any(left(cli).values())

    def test_what_cannot_be_taken_back_is_named(self, cli: CommandLine, refusing: Any) -> None:
        refusing("CreateEventSourceMapping", "AccessDeniedException", "not authorized")
        refusing("DeleteFunction", "AccessDeniedException", "not authorized")
        answer = cli("create-processor", *NAMES)
        assert "left behind: function shop-processor" in answer.err
        assert "datastreamer inference delete-processor shop-processor removes it" in answer.err
        assert left(cli)["functions"] == ["shop-processor"]
        assert left(cli)["roles"] == []

    def test_the_same_command_completes_what_is_half_made(self, cli: CommandLine, processor: str) -> None:
        lambda_ = cli.client("lambda")
        [mapping] = lambda_.list_event_source_mappings(FunctionName=processor)["EventSourceMappings"]
        lambda_.delete_event_source_mapping(UUID=mapping["UUID"])
        cli.client("logs").delete_log_group(logGroupName="/aws/lambda/shop-processor")
        cli.done("create-processor", *NAMES)
        assert left(cli)["mappings"] == ["arn:aws:kinesis:ap-northeast-1:123456789012:stream/shop-stream"]
        assert left(cli)["log groups"] == ["/aws/lambda/shop-processor"]

    def test_a_failed_completion_takes_back_nothing_that_was_there(
        self, cli: CommandLine, processor: str, refusing: Any
    ) -> None:
        lambda_ = cli.client("lambda")
        [mapping] = lambda_.list_event_source_mappings(FunctionName=processor)["EventSourceMappings"]
        lambda_.delete_event_source_mapping(UUID=mapping["UUID"])
        refusing("CreateEventSourceMapping", "AccessDeniedException", "not authorized")
        assert cli("create-processor", *NAMES).code == 1
        assert left(cli)["functions"] == [processor]
        assert left(cli)["roles"] == ["shop-processor-role"]

    def test_a_whole_processor_is_not_made_again(self, cli: CommandLine, processor: str) -> None:
        answer = cli("create-processor", *NAMES)
        assert answer.code == 2
        assert (
            f"there is a processor {processor} already. To change it: datastreamer inference update-proc" in answer.err
        )

    def test_a_processor_that_connects_other_things_is_not_turned_over(self, cli: CommandLine, processor: str) -> None:
        answer = cli("create-processor", processor, "shop-stream", "other-endpoint", "shop-predictions")
        assert answer.code == 2
        assert "it connects other things" in answer.err

    def test_it_waits_until_its_role_is_known(self, cli: CommandLine, refusing: Any) -> None:
        refusing("CreateFunction", "InvalidParameterValueException", "The role cannot be assumed by Lambda.", times=3)
        assert cli.done("create-processor", *NAMES).out.startswith("Enabled")

    @pytest.mark.parametrize(
        "words",
        [
            "The provided execution role does not have permissions to call PutObject on S3",
            "Cannot access stream arn:aws:kinesis:ap-northeast-1:123456789012:stream/shop-stream. Check the role.",
        ],
    )
    def test_it_waits_until_a_mapping_finds_what_its_role_may_do(
        self, cli: CommandLine, refusing: Any, words: str
    ) -> None:
        refusing("CreateEventSourceMapping", "InvalidParameterValueException", words, times=3)
        assert cli.done("create-processor", *NAMES).out.startswith("Enabled")

    @pytest.mark.parametrize("threshold", ["high", "nan", "inf"])
    def test_a_threshold_must_be_a_number(self, cli: CommandLine, threshold: str) -> None:
        answer = cli("create-processor", *NAMES, "--threshold", threshold)
        assert answer.code == 2
        assert "a threshold is a number such as 0.7, or none" in answer.err


class TestUpdate:
    def test_without_options_it_brings_the_code_up_to_date(
        self, cli: CommandLine, processor: str, package: Path
    ) -> None:
        assert cli.done("update-processor", processor).out == "changed code of processor shop-processor\n"
        assert cli.parameters("UpdateFunctionCode")["ZipFile"] == package.read_bytes()
        assert "UpdateFunctionConfiguration" not in cli.operations

    def test_a_threshold_is_told_to_the_function_and_nothing_else_changed(
        self, cli: CommandLine, processor: str
    ) -> None:
        before = cli.client("lambda").get_function_configuration(FunctionName=processor)["Environment"]["Variables"]
        assert cli.done("update-processor", processor, "--threshold", "0.25").out.startswith("changed configuration")
        assert cli.parameters("UpdateFunctionConfiguration") == {
            "FunctionName": processor,
            "Environment": {"Variables": {**before, "SCORE_THRESHOLD": "0.25"}},
        }
        assert "UpdateFunctionCode" not in cli.operations

    def test_a_threshold_can_be_taken_away(self, cli: CommandLine, processor: str) -> None:
        cli.done("update-processor", processor, "--threshold", "0.25")
        cli.done("update-processor", processor, "--threshold", "none")
        told = cli.client("lambda").get_function_configuration(FunctionName=processor)["Environment"]["Variables"]
        assert "SCORE_THRESHOLD" not in told

    def test_options_of_the_reading_reach_the_mapping(self, cli: CommandLine, processor: str) -> None:
        cli.done("update-processor", processor, "--batch-size", "9", "--no-bisect")
        given = cli.parameters("UpdateEventSourceMapping")
        assert given.pop("UUID")
        assert given == {"BatchSize": 9, "BisectBatchOnFunctionError": False}

    def test_another_endpoint_is_let_to_the_role_before_the_function_is_told(
        self, cli: CommandLine, processor: str
    ) -> None:
        cli.done("update-processor", processor, "--endpoint", "other-endpoint")
        order = [name for name in cli.operations if name in ("PutRolePolicy", "UpdateFunctionConfiguration")]
        assert order == ["PutRolePolicy", "UpdateFunctionConfiguration"]
        assert policy(cli)["Score"]["Resource"].endswith(":endpoint/other-endpoint")

    def test_what_is_as_it_should_be_is_left(self, cli: CommandLine, processor: str) -> None:
        cli.done("update-processor", processor, "--threshold", "0.5")
        answer = cli.done("update-processor", processor, "--threshold", "0.5")
        assert answer.out == "processor shop-processor is as it should be\n"

    def test_a_dry_run_names_the_calls(self, cli: CommandLine, processor: str) -> None:
        calls = cli.dry("update-processor", processor, "--code", "--threshold", "0.5", "--window", "2")
        assert [name for name, _ in calls] == [
            "lambda.UpdateFunctionCode",
            "lambda.UpdateFunctionConfiguration",
            "lambda.UpdateEventSourceMapping",
        ]

    def test_a_missing_processor_names_the_nearest(self, cli: CommandLine, processor: str) -> None:
        answer = cli("update-processor", processor + "s")
        assert answer.code == 2
        assert "there is no processor shop-processors in ap-northeast-1. Did you mean shop-processor?" in answer.err

    def test_what_deploy_would_set_back_is_told(self, cli: CommandLine, processor: str) -> None:
        assert "set it back" not in cli.done("update-processor", processor, "--threshold", "0.25").err
        lambda_ = cli.client("lambda")
        arn = lambda_.get_function(FunctionName=processor)["Configuration"]["FunctionArn"]
        lambda_.untag_resource(Resource=arn, TagKeys=["MADE_BY"])
        told = cli.done("update-processor", processor, "--threshold", "0.5", "--batch-size", "9", "--no-bisect").err
        assert "deploy shop would set it back" in told
        same = "deploy shop --set score_threshold=0.5 --set batch_size=9 --set bisect_on_error=false"
        assert f"datastreamer inference {same}" in told
        told = cli.done("update-processor", processor, "--threshold", "none", "--ttl-days", "0").err
        assert "--set score_threshold= --set ttl_days=0" in told
        assert "set it back" not in cli.done("update-processor", processor).err

    def test_the_settings_that_it_names_are_the_stacks(self) -> None:
        declared = (REPOSITORY / "terraform/pipelines/inference/variables.tf").read_text()
        for name in SETTINGS.values():
            assert f"    {name} = optional(" in declared

    def test_days_to_keep_mean_nothing_to_a_table_that_lets_nothing_expire(
        self, cli: CommandLine, processor: str
    ) -> None:
        told = cli.done("update-processor", processor, "--ttl-days", "3").err
        assert "nothing of shop-predictions expires: its time to live is off" in told
        cli.client("dynamodb").update_time_to_live(
            TableName="shop-predictions", TimeToLiveSpecification={"Enabled": True, "AttributeName": "expires_at"}
        )
        assert "expires" not in cli.done("update-processor", processor, "--ttl-days", "4").err


class TestDelete:
    def test_it_takes_all_that_was_made_and_leaves_what_holds_data(self, cli: CommandLine, processor: str) -> None:
        answer = cli.done("delete-processor", processor, "--yes")
        assert answer.out.startswith("DELETED event source mapping")
        assert {kind: names for kind, names in left(cli).items() if names} == {"buckets": [BUCKET]}
        assert cli.client("kinesis").list_streams()["StreamNames"] == ["shop-stream"]
        assert cli.client("dynamodb").list_tables()["TableNames"] == ["shop-predictions"]

    def test_it_asks(self, cli: CommandLine, processor: str) -> None:
        answer = cli("delete-processor", processor, stdin=b"n\n", terminal=True)
        assert answer.code == 2
        assert left(cli)["functions"] == [processor]

    def test_a_deletion_that_broke_off_is_taken_up_again(self, cli: CommandLine, processor: str) -> None:
        cli.client("lambda").delete_function(FunctionName=processor)
        cli.done("delete-processor", processor, "--yes")
        assert left(cli)["roles"] == left(cli)["log groups"] == []

    def test_what_terraform_made_is_refused(self, cli: CommandLine, processor: str) -> None:
        lambda_ = cli.client("lambda")
        arn = lambda_.get_function(FunctionName=processor)["Configuration"]["FunctionArn"]
        lambda_.untag_resource(Resource=arn, TagKeys=["MADE_BY"])
        answer = cli("delete-processor", processor, "--yes")
        assert answer.code == 2
        assert (
            "was not made by create-processor. It belongs to stack shop: datastreamer inference destroy shop"
            in answer.err
        )
        assert left(cli)["functions"] == [processor]

    def test_a_dry_run_names_the_calls(self, cli: CommandLine, processor: str) -> None:
        assert [name for name, _ in cli.dry("delete-processor", processor)] == [
            "lambda.DeleteEventSourceMapping",
            "lambda.DeleteFunction",
            "iam.DeleteRolePolicy",
            "iam.DeleteRole",
            "logs.DeleteLogGroup",
        ]

    def test_a_missing_processor_is_one_line(self, cli: CommandLine) -> None:
        answer = cli("delete-processor", "nobody", "--yes")
        assert answer.code == 2
        assert "there is no processor nobody in ap-northeast-1" in answer.err


class TestList:
    def test_it_shows_what_each_connects(self, cli: CommandLine, processor: str) -> None:
        [listed] = cli.done("list-processors", "--json").document["processors"]
        assert (listed["name"], listed["state"]) == (processor, "Enabled")
        assert (listed["endpoint"], listed["table"], listed["bucket"]) == ("shop-endpoint", "shop-predictions", BUCKET)
        assert [each["stream"] for each in listed["mappings"]] == ["shop-stream"]
        out = cli.done("list-processors").out
        assert max(map(len, out.splitlines())) <= 80
        assert "Enabled" in out

    def test_other_functions_are_none_of_its_business(self, cli: CommandLine, package: Path) -> None:
        cli.client("iam").create_role(RoleName="r", AssumeRolePolicyDocument="{}")
        cli.client("lambda").create_function(
            FunctionName="other",
            Runtime="python3.11",
            Handler="h.h",
            Role="arn:aws:iam::123456789012:role/r",
            Code={"ZipFile": package.read_bytes()},
        )
        assert cli.done("list-processors").out == "no processor in ap-northeast-1\n"
