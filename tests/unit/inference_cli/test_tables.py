"""create-table, delete-table, list-tables."""

from __future__ import annotations

import pytest

from tests.unit.inference_cli.conftest import CommandLine


def test_create_table_makes_the_contracts_table(cli: CommandLine) -> None:
    answer = cli.done("create-table", "shop-predictions")
    assert answer.out == "ACTIVE table shop-predictions, point-in-time recovery on\n"
    assert cli.parameters("CreateTable") == {
        "TableName": "shop-predictions",
        "AttributeDefinitions": [
            {"AttributeName": "pk", "AttributeType": "S"},
            {"AttributeName": "sk", "AttributeType": "S"},
        ],
        "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
        "BillingMode": "PAY_PER_REQUEST",
        "SSESpecification": {"Enabled": True, "SSEType": "KMS"},
        "Tags": [
            {"Key": "PROJECT", "Value": "datastreamer"},
            {"Key": "PIPELINE", "Value": "inference"},
            {"Key": "STACK", "Value": "shop"},
            {"Key": "STAGE", "Value": "none"},
            {"Key": "MADE_BY", "Value": "datastreamer-cli"},
        ],
    }
    backups = cli.client("dynamodb").describe_continuous_backups(TableName="shop-predictions")
    recovery = backups["ContinuousBackupsDescription"]["PointInTimeRecoveryDescription"]
    assert recovery["PointInTimeRecoveryStatus"] == "ENABLED"


def test_create_table_lets_items_expire_when_asked(cli: CommandLine) -> None:
    assert cli.done("create-table", "t", "--ttl", "--json").document == {
        "table": "t",
        "status": "ACTIVE",
        "point_in_time_recovery": True,
        "ttl": True,
    }
    described = cli.client("dynamodb").describe_time_to_live(TableName="t")["TimeToLiveDescription"]
    assert described == {"TimeToLiveStatus": "ENABLED", "AttributeName": "expires_at"}


def test_create_table_without_ttl_keeps_items_for_ever(cli: CommandLine) -> None:
    cli.done("create-table", "t")
    assert "UpdateTimeToLive" not in cli.operations


def test_create_table_takes_a_key_of_the_customer(cli: CommandLine) -> None:
    cli.done("create-table", "t", "--kms-key", "arn:aws:kms:ap-northeast-1:123456789012:key/k")
    assert cli.parameters("CreateTable")["SSESpecification"]["KMSMasterKeyId"].endswith("key/k")


def test_create_table_names_its_calls_in_a_dry_run(cli: CommandLine) -> None:
    assert [name for name, _ in cli.dry("create-table", "t", "--ttl")] == [
        "dynamodb.CreateTable",
        "dynamodb.UpdateContinuousBackups",
        "dynamodb.UpdateTimeToLive",
    ]


def test_create_table_twice_is_told_in_one_line(cli: CommandLine) -> None:
    cli.done("create-table", "t")
    answer = cli("create-table", "t")
    assert answer.code == 2
    assert answer.err.startswith("error: there is a table t already.")


def test_delete_table_deletes_it(cli: CommandLine) -> None:
    cli.done("create-table", "t")
    assert cli.done("delete-table", "t", "--yes").out == "DELETED table t\n"
    assert cli.client("dynamodb").list_tables()["TableNames"] == []


def test_delete_table_asks(cli: CommandLine) -> None:
    cli.done("create-table", "t")
    answer = cli("delete-table", "t", stdin=b"\n", terminal=True)
    assert answer.code == 2
    assert "Delete table t with its 0 items (as last counted)?" in answer.err
    assert cli.client("dynamodb").list_tables()["TableNames"] == ["t"]


def test_delete_table_takes_yes_for_yes(cli: CommandLine) -> None:
    cli.done("create-table", "t")
    assert cli("delete-table", "t", stdin=b"y\n", terminal=True).code == 0
    assert cli.client("dynamodb").list_tables()["TableNames"] == []


def test_delete_table_names_its_call_in_a_dry_run(cli: CommandLine) -> None:
    cli.done("create-table", "t")
    assert cli.dry("delete-table", "t") == [("dynamodb.DeleteTable", {"TableName": "t"})]


def test_a_missing_table_names_the_nearest(cli: CommandLine) -> None:
    cli.done("create-table", "shop-predictions")
    answer = cli("delete-table", "shop-prediction", "--yes")
    assert answer.code == 2
    assert "Did you mean shop-predictions? See what there is: datastreamer inference list-tables" in answer.err


def test_list_tables_tells_which_hold_predictions(cli: CommandLine) -> None:
    cli.done("create-table", "b")
    cli.client("dynamodb").create_table(
        TableName="a",
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        BillingMode="PAY_PER_REQUEST",
    )
    found = cli.done("list-tables", "--json").document["tables"]
    assert [(each["name"], each["holds_predictions"]) for each in found] == [("a", False), ("b", True)]
    assert found[1]["billing"] == "PAY_PER_REQUEST"
    lines = cli.done("list-tables").out.splitlines()
    assert [word for word in lines[4].split() if word != "│"] == ["b", "ACTIVE", "0", "0", "yes"]


@pytest.mark.parametrize("command", ["create-table", "delete-table", "query-predictions", "scan-predictions"])
def test_a_command_without_its_arguments_is_wrong_usage(cli: CommandLine, command: str) -> None:
    answer = cli(command)
    assert answer.code == 2
    assert "Missing argument" in answer.err
