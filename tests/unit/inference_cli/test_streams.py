"""create-stream, delete-stream, list-streams."""

from __future__ import annotations

import pytest

from tests.unit.inference_cli.conftest import CommandLine


def test_create_stream_makes_an_encrypted_stream_of_its_stack(cli: CommandLine) -> None:
    answer = cli.done("create-stream", "shop-stream", "2")
    assert answer.out == "ACTIVE stream shop-stream, 2 shards, encrypted\n"
    assert cli.parameters("CreateStream") == {
        "StreamName": "shop-stream",
        "ShardCount": 2,
        "StreamModeDetails": {"StreamMode": "PROVISIONED"},
        "Tags": {
            "PROJECT": "datastreamer",
            "PIPELINE": "inference",
            "STACK": "shop",
            "STAGE": "none",
            "MADE_BY": "datastreamer-cli",
        },
    }
    described = cli.client("kinesis").describe_stream(StreamName="shop-stream")["StreamDescription"]
    assert (len(described["Shards"]), described["EncryptionType"]) == (2, "KMS")


def test_create_stream_in_json(cli: CommandLine) -> None:
    assert cli.done("create-stream", "s", "1", "--json").document == {
        "stream": "s",
        "shards": 1,
        "status": "ACTIVE",
        "encrypted": True,
    }


def test_create_stream_without_waiting_says_that_it_is_not_there_yet(cli: CommandLine) -> None:
    assert "CREATING stream s, 1 shard, not encrypted" in cli.done("create-stream", "s", "1", "--no-wait").out
    assert cli.operations == ["CreateStream"]


def test_create_stream_takes_another_stack(cli: CommandLine) -> None:
    cli.done("create-stream", "s", "1", "--stack", "shop")
    assert cli.parameters("CreateStream")["Tags"]["STACK"] == "shop"


def test_create_stream_names_its_calls_in_a_dry_run(cli: CommandLine) -> None:
    calls = cli.dry("create-stream", "s", "3")
    assert [name for name, _ in calls] == ["kinesis.CreateStream", "kinesis.StartStreamEncryption"]
    assert calls[0][1]["ShardCount"] == 3
    assert cli.client("kinesis").list_streams()["StreamNames"] == []


def test_a_dry_run_reads_well(cli: CommandLine) -> None:
    answer = cli.done("create-stream", "s", "3", "--dry-run", "--no-wait")
    assert answer.out.startswith('kinesis.CreateStream {\n  "StreamName": "s",\n  "ShardCount": 3,')
    assert answer.err == "dry run: 1 call would be made, nothing was changed\n"


def test_create_stream_twice_is_told_in_one_line(cli: CommandLine) -> None:
    cli.done("create-stream", "s", "1")
    answer = cli("create-stream", "s", "1")
    assert answer.code == 2
    assert answer.err.startswith("error: there is a stream s already.")


@pytest.mark.parametrize("shards", ["0", "many"])
def test_create_stream_wants_a_number_of_shards(cli: CommandLine, shards: str) -> None:
    answer = cli("create-stream", "s", shards)
    assert answer.code == 2
    assert cli.calls == []


def test_delete_stream_deletes_it(cli: CommandLine) -> None:
    cli.done("create-stream", "s", "1")
    assert cli.done("delete-stream", "s", "--yes").out == "DELETED stream s\n"
    assert cli.parameters("DeleteStream") == {"StreamName": "s", "EnforceConsumerDeletion": True}
    assert cli.client("kinesis").list_streams()["StreamNames"] == []


def test_delete_stream_asks_and_takes_no_for_no(cli: CommandLine) -> None:
    cli.done("create-stream", "s", "1")
    answer = cli("delete-stream", "s", stdin=b"n\n", terminal=True)
    assert answer.code == 2
    assert "Delete stream s and every record on it?" in answer.err
    assert "nothing changed" in answer.err
    assert "DeleteStream" not in cli.operations


def test_delete_stream_without_anybody_to_ask_names_the_option(cli: CommandLine) -> None:
    cli.done("create-stream", "s", "1")
    answer = cli("delete-stream", "s")
    assert answer.code == 2
    assert "--yes" in answer.err


def test_a_missing_stream_names_the_nearest(cli: CommandLine) -> None:
    cli.done("create-stream", "shop-stream", "1")
    answer = cli("delete-stream", "shop-steam", "--yes")
    assert answer.code == 2
    assert "there is no stream shop-steam in ap-northeast-1. Did you mean shop-stream?" in answer.err
    assert "datastreamer inference list-streams" in answer.err


def test_list_streams_shows_state_and_shards(cli: CommandLine) -> None:
    cli.done("create-stream", "b", "2")
    cli.done("create-stream", "a", "1")
    lines = cli.done("list-streams").out.splitlines()
    assert [word for word in lines[3].split() if word != "│"] == ["a", "ACTIVE", "1", "provisioned", "24", "h"]
    assert "b" in lines[4]


def test_list_streams_reads_every_page(cli: CommandLine) -> None:
    kinesis = cli.client("kinesis")
    for number in range(101):  # a page holds 100 at most
        kinesis.create_stream(StreamName=f"s{number:03}", ShardCount=1)
    streams = cli.done("list-streams", "--json").document["streams"]
    assert [each["name"] for each in streams] == [f"s{number:03}" for number in range(101)]


def test_list_streams_of_a_region_without_any_says_so(cli: CommandLine) -> None:
    assert cli.done("list-streams", "--region", "eu-west-1").out == "no stream in eu-west-1\n"


def test_the_region_is_tokyos_unless_named(cli: CommandLine) -> None:
    cli.done("create-stream", "s", "1")
    assert cli.done("list-streams", "--json").document["region"] == "ap-northeast-1"
    assert cli.done("list-streams", "--region", "us-east-1", "--json").document["streams"] == []
