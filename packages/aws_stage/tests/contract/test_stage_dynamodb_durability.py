"""DynamoDB items that the stage has acknowledged survive ``kill -9``, and damage is refused."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from aws_stage.testing import RunningStage
from aws_stage.testing.waiting import PATIENCE

pytestmark = pytest.mark.stage

NewStage = Callable[..., RunningStage]
STORE = Path("state/dynamodb/items.sqlite")
STATE = Path("state/ministack/dynamodb.json")


def _create(dynamodb: Any, name: str, sort_type: str = "S") -> None:
    dynamodb.create_table(
        TableName=name,
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
        AttributeDefinitions=[
            {"AttributeName": "pk", "AttributeType": "S"},
            {"AttributeName": "sk", "AttributeType": sort_type},
        ],
        BillingMode="PAY_PER_REQUEST",
    )


def _key(number: int) -> dict[str, Any]:
    return {"pk": {"S": "device"}, "sk": {"S": f"{number:04}"}}


def _item(number: int, score: str = "0.5") -> dict[str, Any]:
    return {**_key(number), "score": {"N": score}}


def _scores(dynamodb: Any, table: str) -> dict[int, str]:
    items = [item for page in dynamodb.get_paginator("scan").paginate(TableName=table) for item in page["Items"]]
    return {int(item["sk"]["S"]): item["score"]["N"] for item in items}


def _write_with_every_operation(dynamodb: Any) -> None:
    dynamodb.put_item(TableName="kept", Item=_item(1))
    dynamodb.put_item(TableName="kept", Item=_item(2))
    dynamodb.delete_item(TableName="kept", Key=_key(1))
    for _ in range(2):
        dynamodb.update_item(
            TableName="kept",
            Key=_key(3),
            UpdateExpression="ADD score :one",
            ExpressionAttributeValues={":one": {"N": "1"}},
        )
    requests: list[Any] = [{"PutRequest": {"Item": _item(number)}} for number in range(4, 20)]
    dynamodb.batch_write_item(RequestItems={"kept": requests})
    dynamodb.batch_write_item(RequestItems={"kept": [{"DeleteRequest": {"Key": _key(19)}}]})
    dynamodb.transact_write_items(
        TransactItems=[
            {"Put": {"TableName": "kept", "Item": _item(20, "20")}},
            {"Delete": {"TableName": "kept", "Key": _key(18)}},
            {"Put": {"TableName": "other", "Item": _item(1)}},
        ]
    )
    dynamodb.execute_statement(Statement="INSERT INTO kept VALUE {'pk': 'device', 'sk': '0021', 'score': 21}")
    dynamodb.batch_execute_statement(Statements=[{"Statement": "DELETE FROM kept WHERE pk = 'device' AND sk = '0017'"}])
    dynamodb.execute_transaction(
        TransactStatements=[{"Statement": "UPDATE kept SET score = 16 WHERE pk = 'device' AND sk = '0016'"}]
    )


def test_what_every_write_acknowledged_survives_a_kill(new_stage: NewStage) -> None:
    stage = new_stage()
    dynamodb = stage.client("dynamodb")
    for table in ("kept", "other", "gone"):
        _create(dynamodb, table)
    _write_with_every_operation(dynamodb)
    dynamodb.put_item(TableName="gone", Item=_item(1))
    dynamodb.delete_table(TableName="gone")
    _create(dynamodb, "gone")

    stage.stop(signal.SIGKILL)
    stage.start()

    expected = {**dict.fromkeys(range(4, 16), "0.5"), 2: "0.5", 3: "2", 16: "16", 20: "20", 21: "21"}
    assert _scores(dynamodb, "kept") == expected
    assert _scores(dynamodb, "other") == {1: "0.5"}
    assert _scores(dynamodb, "gone") == {}, "a table of the same name is a new table"
    assert dynamodb.describe_table(TableName="kept")["Table"]["ItemCount"] == len(expected)


def test_nothing_acknowledged_is_lost_when_a_kill_comes_between_writes(new_stage: NewStage) -> None:
    stage = new_stage()
    dynamodb = stage.client("dynamodb", attempts=1)
    _create(dynamodb, "kept")
    acknowledged: list[int] = []
    enough = threading.Event()

    def write() -> None:
        for batch in range(1_000_000):
            numbers = range(batch * 25, batch * 25 + 25)
            try:
                dynamodb.batch_write_item(RequestItems={"kept": [{"PutRequest": {"Item": _item(n)}} for n in numbers]})
            except Exception:  # noqa: BLE001  the kill, whatever boto3 makes of it
                return
            acknowledged.extend(numbers)
            if len(acknowledged) > 1000:
                enough.set()

    writer = threading.Thread(target=write)
    writer.start()
    assert enough.wait(PATIENCE)
    stage.stop(signal.SIGKILL)
    writer.join()
    stage.start()

    found = _scores(stage.client("dynamodb"), "kept")
    assert set(acknowledged) <= set(found)
    assert len(found) % 25 == 0, "a batch in flight is there whole or not at all"


def test_items_are_not_written_with_the_services_state(new_stage: NewStage) -> None:
    stage = new_stage()
    dynamodb = stage.client("dynamodb")
    _create(dynamodb, "kept")
    dynamodb.put_item(TableName="kept", Item={**_item(1), "text": {"S": "to be found in one file alone"}})
    dynamodb.update_time_to_live(
        TableName="kept", TimeToLiveSpecification={"Enabled": True, "AttributeName": "expires_at"}
    )
    stage.stop()
    assert "to be found" not in (stage.data_dir / STATE).read_text()


def _flip(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2 :] = b"\xff" * (len(content) - len(content) // 2)
    path.write_bytes(content)


def test_damaged_or_missing_items_stop_the_start(new_stage: NewStage) -> None:
    stage = new_stage()
    dynamodb = stage.client("dynamodb")
    _create(dynamodb, "kept")
    for first in range(0, 200, 25):
        requests: list[Any] = [{"PutRequest": {"Item": _item(n)}} for n in range(first, first + 25)]
        dynamodb.batch_write_item(RequestItems={"kept": requests})
    stage.stop()
    state, copy = stage.data_dir / "state", stage.data_dir / "copy"
    shutil.copytree(state, copy)
    for harmed, harm, message in (
        (STORE, _flip, "items.sqlite is damaged"),
        (STORE, Path.unlink, r"items\.sqlite is damaged: it is missing"),
        (STATE, Path.unlink, r"dynamodb\.json is damaged: it is missing"),
    ):
        harm(stage.data_dir / harmed)
        with pytest.raises(RuntimeError, match=message):
            stage.start()
        shutil.rmtree(state)
        shutil.copytree(copy, state)
    stage.start()
    assert len(_scores(dynamodb, "kept")) == 200


def test_items_of_an_earlier_stage_are_taken_over(new_stage: NewStage) -> None:
    """Earlier stages kept the items in the service's state file."""
    stage = new_stage()
    dynamodb = stage.client("dynamodb")
    _create(dynamodb, "kept")
    stage.stop()
    state = stage.data_dir / STATE
    document = json.loads(state.read_text())
    [table] = document["payload"]["tables"]["data"].values()
    table.update(items={"device": {"0001": _item(1)}}, ItemCount=1)
    state.write_text(json.dumps(document))
    shutil.rmtree(stage.data_dir / STORE.parent)
    (stage.data_dir / "state/manifest.sqlite").unlink()
    adopt = [sys.executable, "-m", "aws_stage", "adopt"]
    subprocess.run(adopt, env=stage.environment, check=True)
    stage.start()
    assert _scores(dynamodb, "kept") == {1: "0.5"}
    stage.stop(signal.SIGKILL)
    stage.start()
    assert _scores(dynamodb, "kept") == {1: "0.5"}
