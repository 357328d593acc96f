"""DynamoDB on the local stage answers as AWS does, for what the pipelines and their tools rely on."""

from __future__ import annotations

import itertools
import time
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from aws_stage.testing import RunningStage
from aws_stage.testing.waiting import eventually
from botocore.exceptions import ClientError

pytestmark = pytest.mark.stage


@pytest.fixture
def dynamodb(stage: RunningStage) -> Any:
    return stage.client("dynamodb", attempts=1)


def _create(dynamodb: Any, sort_type: str = "S", **settings: Any) -> str:
    name = f"table-{uuid.uuid4().hex[:8]}"
    dynamodb.create_table(
        TableName=name,
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
        AttributeDefinitions=[
            {"AttributeName": "pk", "AttributeType": "S"},
            {"AttributeName": "sk", "AttributeType": sort_type},
        ],
        BillingMode="PAY_PER_REQUEST",
        **settings,
    )
    return name


def _item(number: int, pk: str = "device", **attributes: Any) -> dict[str, Any]:
    return {"pk": {"S": pk}, "sk": {"S": f"{number:04}"}, **attributes}


def _fill(dynamodb: Any, table: str, items: list[dict[str, Any]]) -> None:
    for first in range(0, len(items), 25):
        requests: list[Any] = [{"PutRequest": {"Item": item}} for item in items[first : first + 25]]
        assert not dynamodb.batch_write_item(RequestItems={table: requests})["UnprocessedItems"]


def _pages(read: Any, **request: Any) -> Iterator[dict[str, Any]]:
    start: dict[str, Any] = {}
    while True:
        page = read(**request, **start)
        yield page
        if "LastEvaluatedKey" not in page:
            return
        start = {"ExclusiveStartKey": page["LastEvaluatedKey"]}


def _numbers(page: dict[str, Any]) -> list[int]:
    return [int(item["sk"]["S"]) for item in page["Items"]]


def _refused(call: Any, *args: Any, **request: Any) -> tuple[str, str]:
    with pytest.raises(ClientError) as error:
        call(*args, **request)
    return error.value.response["Error"]["Code"], error.value.response["Error"]["Message"]


@pytest.fixture(scope="module")
def readings(stage: RunningStage) -> str:
    """A table with 100 items of one device, and 10 of each of two others."""
    dynamodb = stage.client("dynamodb")
    table = _create(dynamodb)
    items = [_item(n, n=({"N": str(n)}), even={"BOOL": n % 2 == 0}) for n in range(100)]
    _fill(dynamodb, table, items + [_item(n, pk) for pk in ("a", "z") for n in range(10)])
    return table


@pytest.mark.parametrize(
    ("condition", "values", "expected"),
    [
        ("pk = :p", {}, range(100)),
        ("pk = :p AND sk > :a", {":a": "0090"}, range(91, 100)),
        (":a <= sk AND pk = :p", {":a": "0090"}, range(90, 100)),
        ("pk = :p AND sk < :a", {":a": "0003"}, range(3)),
        ("pk = :p AND sk <= :a", {":a": "0003"}, range(4)),
        ("pk = :p AND sk = :a", {":a": "0003"}, [3]),
        ("pk = :p AND sk BETWEEN :a AND :b", {":a": "0010", ":b": "0012"}, [10, 11, 12]),
        ("pk = :p AND begins_with(sk, :a)", {":a": "004"}, range(40, 50)),
        ("#k = :p AND begins_with(#s, :a)", {":a": "0099"}, [99]),
        ("pk = :p AND sk > :a", {":a": "1"}, []),
    ],
)
def test_query_answers_the_items_of_a_key_condition_in_order(
    dynamodb: Any, readings: str, condition: str, values: dict[str, str], expected: Any
) -> None:
    request: dict[str, Any] = {
        "TableName": readings,
        "KeyConditionExpression": condition,
        "ExpressionAttributeValues": {
            ":p": {"S": "device"},
            **{name: {"S": value} for name, value in values.items()},
        },
    }
    if "#" in condition:
        request["ExpressionAttributeNames"] = {"#k": "pk", "#s": "sk"}
    for forward in (True, False):
        request["ScanIndexForward"] = forward
        ordered = sorted(expected, reverse=not forward)
        assert _numbers(dynamodb.query(**request)) == ordered
        pages = [_numbers(page) for page in _pages(dynamodb.query, **request, Limit=3)]
        assert list(itertools.chain(*pages)) == ordered
        assert all(len(page) == 3 for page in pages[:-1])


def test_a_page_that_ends_with_the_last_item_is_followed_by_an_empty_one(dynamodb: Any, readings: str) -> None:
    values = {":p": {"S": "a"}}
    pages = _pages(
        dynamodb.query, TableName=readings, KeyConditionExpression="pk = :p", ExpressionAttributeValues=values, Limit=5
    )
    assert [page["Count"] for page in pages] == [5, 5, 0]


def test_scan_reads_every_item_once_over_pages_and_segments(dynamodb: Any, readings: str) -> None:
    whole = [(item["pk"]["S"], item["sk"]["S"]) for item in dynamodb.scan(TableName=readings)["Items"]]
    assert len(set(whole)) == len(whole) == 120
    paged = [item for page in _pages(dynamodb.scan, TableName=readings, Limit=7) for item in page["Items"]]
    assert [(item["pk"]["S"], item["sk"]["S"]) for item in paged] == whole
    parts = [
        (item["pk"]["S"], item["sk"]["S"])
        for segment in range(3)
        for page in _pages(dynamodb.scan, TableName=readings, Limit=50, Segment=segment, TotalSegments=3)
        for item in page["Items"]
    ]
    assert sorted(parts) == sorted(whole)


def test_filters_and_projections_come_after_the_page_is_read(dynamodb: Any, readings: str) -> None:
    page = dynamodb.query(
        TableName=readings,
        KeyConditionExpression="pk = :p",
        FilterExpression="even = :yes AND n >= :low",
        ProjectionExpression="sk, n",
        ExpressionAttributeValues={":p": {"S": "device"}, ":yes": {"BOOL": True}, ":low": {"N": "4"}},
        Limit=10,
    )
    assert page["Items"] == [{"sk": {"S": f"{n:04}"}, "n": {"N": str(n)}} for n in (4, 6, 8)]
    assert (page["Count"], page["ScannedCount"]) == (3, 10)
    assert page["LastEvaluatedKey"] == _item(9)


def test_a_page_holds_one_megabyte(dynamodb: Any) -> None:
    table = _create(dynamodb)
    _fill(dynamodb, table, [_item(n, body={"S": "x" * 100_000}) for n in range(25)])
    query: dict[str, Any] = {"KeyConditionExpression": "pk = :p", "ExpressionAttributeValues": {":p": {"S": "device"}}}
    for read, request in ((dynamodb.query, query), (dynamodb.scan, {})):
        assert [page["Count"] for page in _pages(read, TableName=table, **request)] == [10, 10, 5]


def test_numbers_as_sort_keys_are_ordered_and_found_by_value(dynamodb: Any) -> None:
    table = _create(dynamodb, "N")
    texts = ["10", "9", "-1", "0", "1E2", "1.5", "-1.25", "-1.2", "1E-100", "-12345678901234567890.5"]
    _fill(dynamodb, table, [{"pk": {"S": "d"}, "sk": {"N": text}} for text in texts])
    ordered = sorted(texts, key=float)
    values = {":p": {"S": "d"}}
    request = {"TableName": table, "KeyConditionExpression": "pk = :p", "ExpressionAttributeValues": values}
    for forward, expected in ((True, ordered), (False, ordered[::-1])):
        found = [p["Items"] for p in _pages(dynamodb.query, **request, Limit=3, ScanIndexForward=forward)]
        assert [float(item["sk"]["N"]) for page in found for item in page] == [float(text) for text in expected]
    scanned = [item["sk"]["N"] for page in _pages(dynamodb.scan, TableName=table, Limit=3) for item in page["Items"]]
    assert [float(text) for text in scanned] == [float(text) for text in ordered]
    assert dynamodb.get_item(TableName=table, Key={"pk": {"S": "d"}, "sk": {"N": "1.50"}})["Item"]["sk"]["N"] == "1.5"


def test_numbers_keep_38_digits_and_one_more_is_refused(dynamodb: Any) -> None:
    table = _create(dynamodb)
    most = "1" + "0" * 36 + "1"
    dynamodb.put_item(TableName=table, Item=_item(1, n={"N": most}))
    for expression, expected in (("ADD n :one", "2"), ("SET n = n - :one", "1")):
        updated = dynamodb.update_item(
            TableName=table,
            Key=_item(1),
            UpdateExpression=expression,
            ExpressionAttributeValues={":one": {"N": "1"}},
            ReturnValues="ALL_NEW",
        )
        assert updated["Attributes"]["n"]["N"] == most[:-1] + expected
    code, _ = _refused(dynamodb.put_item, TableName=table, Item=_item(1, n={"N": most + "1"}))
    assert code == "ValidationException"
    tenth: dict[str, Any] = {"UpdateExpression": "ADD n :x", "ExpressionAttributeValues": {":x": {"N": "0.1"}}}
    assert _refused(dynamodb.update_item, TableName=table, Key=_item(1), **tenth)[0] == "ValidationException"


def test_numbers_keep_38_digits_in_updates_without_an_expression_and_in_partiql(dynamodb: Any) -> None:
    table = _create(dynamodb)
    most = "1" + "0" * 36 + "1"
    dynamodb.put_item(TableName=table, Item=_item(1, n={"N": most}))
    one: dict[str, Any] = {"n": {"Action": "ADD", "Value": {"N": "1"}}}
    updated = dynamodb.update_item(TableName=table, Key=_item(1), AttributeUpdates=one, ReturnValues="ALL_NEW")
    assert updated["Attributes"]["n"]["N"] == most[:-1] + "2"
    statement = f'UPDATE "{table}" SET n = n + 1 WHERE pk = ? AND sk = ? RETURNING ALL NEW *'
    [found] = dynamodb.execute_statement(Statement=statement, Parameters=list(_item(1).values()))["Items"]
    assert found["n"]["N"] == most[:-1] + "3"


@pytest.mark.parametrize(
    ("operation", "expression", "values"),
    [
        ("scan", {"FilterExpression": "timestamp > :x"}, True),
        ("scan", {"ProjectionExpression": "pk, timestamp"}, False),
        ("query", {"FilterExpression": "timestamp > :x"}, True),
        ("put_item", {"ConditionExpression": "attribute_not_exists(timestamp)"}, False),
    ],
)
def test_a_reserved_word_is_refused_by_an_empty_table_too(
    dynamodb: Any, operation: str, expression: dict[str, str], values: bool
) -> None:
    table = _create(dynamodb)
    request: dict[str, Any] = {"TableName": table, **expression}
    attributes: dict[str, Any] = {":x": {"N": "1"}} if values else {}
    if operation == "query":
        request["KeyConditionExpression"] = "pk = :p"
        attributes[":p"] = {"S": "device"}
    if operation == "put_item":
        request["Item"] = _item(1)
    if attributes:
        request["ExpressionAttributeValues"] = attributes
    code, message = _refused(getattr(dynamodb, operation), **request)
    slot = next(iter(expression))
    assert code == "ValidationException"
    assert message == f"Invalid {slot}: Attribute name is a reserved keyword; reserved keyword: timestamp"


def test_a_filter_with_a_syntax_error_is_refused_by_an_empty_table_too(dynamodb: Any) -> None:
    request = {"FilterExpression": "a >> :x", "ExpressionAttributeValues": {":x": {"N": "1"}}}
    code, message = _refused(dynamodb.scan, TableName=_create(dynamodb), **request)
    assert code == "ValidationException"
    assert message.startswith("Invalid FilterExpression: Syntax error")


def test_update_expressions_add_set_and_append(dynamodb: Any) -> None:
    table = _create(dynamodb)
    for _ in range(2):
        answer = dynamodb.update_item(
            TableName=table,
            Key=_item(1),
            UpdateExpression="ADD hits :one SET #l = list_append(if_not_exists(#l, :none), :new), seen = :one",
            ExpressionAttributeNames={"#l": "list"},
            ExpressionAttributeValues={":one": {"N": "1"}, ":none": {"L": []}, ":new": {"L": [{"S": "x"}]}},
            ReturnValues="ALL_NEW",
        )
    assert answer["Attributes"] == _item(1, hits={"N": "2"}, seen={"N": "1"}, list={"L": [{"S": "x"}, {"S": "x"}]})
    assert dynamodb.get_item(TableName=table, Key=_item(1))["Item"] == answer["Attributes"]


@pytest.mark.parametrize(
    ("expression", "message"),
    [
        ("SET a = :v SET b = :v", 'The "SET" section can only be used once'),
        ("SET a = :v, a.b = :v", "path one: [a], path two: [a, b]"),
        ("SET a[0] = :v REMOVE a[0]", "path one: [a, [0]], path two: [a, [0]]"),
        ("SET word = word + :v", "An operand in the update expression has an incorrect data type"),
        ("SET a = gone + :v", "refers to an attribute that does not exist"),
    ],
)
def test_an_update_that_says_two_things_or_nonsense_is_refused(dynamodb: Any, expression: str, message: str) -> None:
    table = _create(dynamodb)
    item = _item(1, word={"S": "x"})
    dynamodb.put_item(TableName=table, Item=item)
    update = {"UpdateExpression": expression, "ExpressionAttributeValues": {":v": {"N": "1"}}}
    code, said = _refused(dynamodb.update_item, TableName=table, Key=_item(1), **update)
    assert code == "ValidationException"
    assert message in said
    assert dynamodb.get_item(TableName=table, Key=_item(1))["Item"] == item


@pytest.mark.parametrize("operator", ["OR", "<>"])
def test_a_key_condition_takes_no_other_operators(dynamodb: Any, readings: str, operator: str) -> None:
    condition = "pk = :p OR sk = :s" if operator == "OR" else "pk = :p AND sk <> :s"
    values = {":p": {"S": "device"}, ":s": {"S": "0001"}}
    request = {"TableName": readings, "KeyConditionExpression": condition, "ExpressionAttributeValues": values}
    assert _refused(dynamodb.query, **request) == (
        "ValidationException",
        f"Invalid operator used in KeyConditionExpression: {operator}",
    )


def test_a_read_is_charged_by_what_it_read(dynamodb: Any) -> None:
    table = _create(dynamodb)
    _fill(dynamodb, table, [_item(n, body={"S": "x" * 1000}) for n in range(10)])
    values = {":p": {"S": "device"}}
    query = {"KeyConditionExpression": "pk = :p", "ExpressionAttributeValues": values, "TableName": table}
    charged = [
        dynamodb.query(**query, ReturnConsumedCapacity="TOTAL", **more)["ConsumedCapacity"]["CapacityUnits"]
        for more in ({}, {"ConsistentRead": True}, {"Limit": 1})
    ]
    assert charged == [1.5, 3.0, 0.5]


def test_a_batch_is_refused_whole(dynamodb: Any) -> None:
    table = _create(dynamodb)

    def write(items: list[dict[str, Any]]) -> tuple[str, str]:
        requests = [{"PutRequest": {"Item": item}} for item in items]
        return _refused(dynamodb.batch_write_item, RequestItems={table: requests})

    assert "duplicates" in write([_item(1), _item(2), _item(1)])[1]
    assert write([_item(n) for n in range(26)])[0] == "ValidationException"
    assert "Item size" in write([_item(1), _item(2, body={"S": "x" * 409_600})])[1]
    assert write([_item(1), _item(2, n={"N": "NaN"})])[0] == "ValidationException"
    assert write([_item(1), {"pk": {"S": "device"}}])[0] == "ValidationException"
    escaped = {"S": "\x01" * 400_000}  # six bytes each in JSON
    assert write([_item(n, body=escaped) for n in range(7)])[0] == "RequestEntityTooLargeException"
    assert dynamodb.scan(TableName=table)["Count"] == 0
    _fill(dynamodb, table, [_item(1, body={"S": "x" * (409_600 - 100)})])


def test_a_transaction_is_cancelled_whole_with_a_reason_for_each_action(dynamodb: Any) -> None:
    table = _create(dynamodb)
    dynamodb.put_item(TableName=table, Item=_item(1))
    actions: list[Any] = [
        {"Put": {"TableName": table, "Item": _item(2)}},
        {
            "Put": {
                "TableName": table,
                "Item": _item(1, new={"BOOL": True}),
                "ConditionExpression": "attribute_not_exists(pk)",
                "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
            }
        },
    ]
    with pytest.raises(ClientError) as error:
        dynamodb.transact_write_items(TransactItems=actions)
    assert error.value.response["Error"]["Code"] == "TransactionCanceledException"
    reasons = error.value.response["CancellationReasons"]
    assert [reason["Code"] for reason in reasons] == ["None", "ConditionalCheckFailed"]
    assert reasons[1]["Item"] == _item(1)
    assert dynamodb.scan(TableName=table)["Items"] == [_item(1)]


def test_a_transaction_with_a_token_happens_once(dynamodb: Any) -> None:
    table, token = _create(dynamodb), uuid.uuid4().hex

    def add(amount: str) -> None:
        update = {
            "TableName": table,
            "Key": _item(1),
            "UpdateExpression": "ADD n :x",
            "ExpressionAttributeValues": {":x": {"N": amount}},
        }
        dynamodb.transact_write_items(ClientRequestToken=token, TransactItems=[{"Update": update}])

    add("1")
    add("1")
    assert dynamodb.get_item(TableName=table, Key=_item(1))["Item"]["n"] == {"N": "1"}
    assert _refused(add, "2")[0] == "IdempotentParameterMismatchException"


def test_items_expire_by_a_setting_made_before_or_after_they_were_written(dynamodb: Any) -> None:
    table = _create(dynamodb)
    past, future = str(int(time.time()) - 10), str(int(time.time()) + 3600)
    ancient = str(int(time.time()) - 6 * 365 * 86_400)
    setting = {"Enabled": True, "AttributeName": "expires_at"}
    _fill(dynamodb, table, [_item(1, expires_at={"N": past}), _item(2, expires_at={"N": future}), _item(3)])
    dynamodb.update_time_to_live(TableName=table, TimeToLiveSpecification=setting)
    _fill(dynamodb, table, [_item(4, expires_at={"N": past}), _item(5, expires_at={"S": past})])
    _fill(dynamodb, table, [_item(6, expires_at={"N": ancient})])
    eventually(lambda: _numbers(dynamodb.scan(TableName=table)), [2, 3, 5, 6])
    assert dynamodb.describe_table(TableName=table)["Table"]["ItemCount"] == 4
    again = _refused(dynamodb.update_time_to_live, TableName=table, TimeToLiveSpecification=setting)
    assert again == ("ValidationException", "TimeToLive is already enabled")


def test_a_table_says_what_it_holds_and_is_protected(dynamodb: Any) -> None:
    table = _create(
        dynamodb,
        DeletionProtectionEnabled=True,
        SSESpecification={"Enabled": True, "SSEType": "KMS"},
        Tags=[{"Key": "PROJECT", "Value": "example"}],
    )
    _fill(dynamodb, table, [_item(n) for n in range(3)])
    description = dynamodb.describe_table(TableName=table)["Table"]
    assert (description["ItemCount"], description["TableSizeBytes"]) == (3, 3 * len("pkdevicesk0000"))
    assert description["SSEDescription"]["SSEType"] == "KMS"
    assert description["BillingModeSummary"]["BillingMode"] == "PAY_PER_REQUEST"
    assert dynamodb.list_tags_of_resource(ResourceArn=description["TableArn"])["Tags"][0]["Value"] == "example"
    assert _refused(dynamodb.delete_table, TableName=table)[0] == "ValidationException"
    dynamodb.update_table(TableName=table, DeletionProtectionEnabled=False)
    dynamodb.delete_table(TableName=table)
    assert _refused(dynamodb.scan, TableName=table)[0] == "ResourceNotFoundException"


def test_a_table_is_restored_with_its_items_but_not_to_a_time_past(dynamodb: Any) -> None:
    table = _create(dynamodb)
    _fill(dynamodb, table, [_item(n) for n in range(30)])
    target = f"{table}-restored"
    past: dict[str, Any] = {"SourceTableName": table, "TargetTableName": target, "RestoreDateTime": time.time() - 7200}
    assert _refused(dynamodb.restore_table_to_point_in_time, **past)[0] == "UnsupportedOperationException"
    dynamodb.restore_table_to_point_in_time(SourceTableName=table, TargetTableName=target, UseLatestRestorableTime=True)
    dynamodb.delete_item(TableName=target, Key=_item(0))
    assert _numbers(dynamodb.scan(TableName=target)) == list(range(1, 30))
    assert dynamodb.scan(TableName=table)["Count"] == 30


def test_a_secondary_index_follows_its_items(dynamodb: Any) -> None:
    table = f"table-{uuid.uuid4().hex[:8]}"
    names = ("pk", "sk", "site")
    dynamodb.create_table(
        TableName=table,
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
        AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in names],
        GlobalSecondaryIndexes=[
            {
                "IndexName": "by-site",
                "KeySchema": [
                    {"AttributeName": "site", "KeyType": "HASH"},
                    {"AttributeName": "sk", "KeyType": "RANGE"},
                ],
                "Projection": {"ProjectionType": "ALL"},
            }
        ],
        BillingMode="PAY_PER_REQUEST",
    )
    _fill(dynamodb, table, [_item(n, pk=f"d{n % 3}", site={"S": "tokyo"}) for n in range(10)])

    def at(site: str) -> list[int]:
        request: dict[str, Any] = {
            "TableName": table,
            "IndexName": "by-site",
            "KeyConditionExpression": "site = :s",
            "ExpressionAttributeValues": {":s": {"S": site}},
        }
        return [n for page in _pages(dynamodb.query, **request, Limit=4) for n in _numbers(page)]

    assert at("tokyo") == list(range(10))
    dynamodb.put_item(TableName=table, Item=_item(1, pk="d1", site={"S": "osaka"}))
    dynamodb.delete_item(TableName=table, Key=_item(2, pk="d2"))
    assert at("tokyo") == [0, *range(3, 10)]
    assert at("osaka") == [1]
    assert len(dynamodb.scan(TableName=table, IndexName="by-site")["Items"]) == 9


def test_no_table_streams_to_kinesis_where_nothing_would_arrive(dynamodb: Any) -> None:
    request = {"TableName": _create(dynamodb), "StreamArn": "arn:aws:kinesis:ap-northeast-1:000000000000:stream/any"}
    code, message = _refused(dynamodb.enable_kinesis_streaming_destination, **request)
    assert code == "UnsupportedOperationException"
    assert "does not stream tables to Kinesis" in message
