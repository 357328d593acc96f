"""Counting exactly once, against DynamoDB in memory."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError, ReadTimeoutError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from moto import mock_aws

from datastreamer.errors import RetryableError
from datastreamer.votes.aggregation import MOST_ITEMS, Aggregator, Arrival, Outcome
from datastreamer.votes.orders import votes_of
from datastreamer.votes.rounds import Rounds
from datastreamer.votes.totals import TotalsReader
from datastreamer.votes.vote import Vote
from tests.unit.votes.ballots import CANDIDATES, NOW_MS, vote

SHARD = "shardId-000000000000"


def create_tables(client: Any) -> None:
    for name in ("orders", "aggregation"):
        client.create_table(
            TableName=name,
            KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
            AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"} for key in ("pk", "sk")],
            BillingMode="PAY_PER_REQUEST",
        )


class NothingContested:
    """The rulings of a count in which no id stands for two candidates."""

    def put(self, shard: str, first: str, last: str, contested: Sequence[Vote]) -> None:
        assert not contested, (shard, first, last)


NOTHING_CONTESTED: Any = NothingContested()


@pytest.fixture
def client() -> Iterator[Any]:
    with mock_aws():
        dynamodb = boto3.client("dynamodb", region_name="ap-northeast-1")
        create_tables(dynamodb)
        yield dynamodb


def aggregator(client: Any) -> Aggregator:
    """A new one each time, as a new function's is: what it remembers is nothing."""
    return Aggregator(
        client,
        aggregation_table="aggregation",
        orders_table="orders",
        rulings=NOTHING_CONTESTED,
        pause=lambda _: None,
    )


def arrivals(votes: Sequence[Vote | None], first: int = 1) -> list[Arrival]:
    return [(str(first + index), each) for index, each in enumerate(votes)]


def totals(client: Any) -> dict[str, int]:
    return dict(TotalsReader(client, "aggregation", CANDIDATES).read(NOW_MS).votes)


class Failing:
    """A client whose transactions fail once: ``before`` they are made, or ``after``, when only the answer is lost."""

    def __init__(self, client: Any, when: str, error: Exception) -> None:
        self._client = client
        self._when = when
        self._errors = [error]

    def __getattr__(self, name: str) -> Any:
        return getattr(self._client, name)

    def transact_write_items(self, **parameters: Any) -> Any:
        if self._errors and self._when == "before":
            raise self._errors.pop()
        answer = self._client.transact_write_items(**parameters)
        if self._errors:
            raise self._errors.pop()
        return answer


def cancelled(*codes: str) -> ClientError:
    response: Any = {
        "Error": {"Code": "TransactionCanceledException", "Message": "cancelled"},
        "CancellationReasons": [{"Code": code} for code in codes],
    }
    return ClientError(response, "TransactWriteItems")


def test_a_batch_is_counted_and_each_vote_kept(client: Any) -> None:
    votes = [vote(1), vote(2, "takenoko"), vote(3)]
    assert aggregator(client).count(SHARD, arrivals(votes)) == Outcome(counted=3)
    assert totals(client) == {"kinoko": 2, "takenoko": 1}
    kept = [entry for item in client.scan(TableName="orders")["Items"] for entry in votes_of(item)]
    assert kept == [(each.vote_id, each.candidate, each.client_id) for each in votes]


def test_a_batch_delivered_twice_changes_nothing(client: Any) -> None:
    batch = arrivals([vote(1), vote(2)])
    aggregator(client).count(SHARD, batch)
    before = client.scan(TableName="aggregation")["Items"]
    assert aggregator(client).count(SHARD, batch) == Outcome(delivered_before=2)
    assert client.scan(TableName="aggregation")["Items"] == before


def test_a_delivery_that_is_cut_elsewhere_counts_only_what_is_new(client: Any) -> None:
    batch = arrivals([vote(number) for number in range(10)], first=95)  # from two digits to three
    aggregator(client).count(SHARD, batch[:6])
    assert aggregator(client).count(SHARD, batch[3:]) == Outcome(counted=4, delivered_before=3)
    assert totals(client)["kinoko"] == 10


@pytest.mark.parametrize("same_function", [True, False])
def test_a_vote_sent_again_hours_later_counts_once(client: Any, same_function: bool) -> None:
    function = aggregator(client)
    function.count(SHARD, arrivals([vote(1)]))
    function.count(SHARD, arrivals([vote(2)], first=2))
    again = vote(1, received_ms=NOW_MS + 5 * 3_600_000)
    later = function if same_function else aggregator(client)
    assert later.count(SHARD, arrivals([again], first=3)) == Outcome(duplicates=1)
    assert totals(client)["kinoko"] == 2


def test_what_another_function_counted_meanwhile_is_not_taken_from_memory(client: Any) -> None:
    first, second = aggregator(client), aggregator(client)
    first.count(SHARD, arrivals([vote(1)]))
    second.count(SHARD, arrivals([vote(2)], first=2))
    assert first.count(SHARD, arrivals([vote(2)], first=3)) == Outcome(duplicates=1)


def test_a_child_shard_knows_what_its_parent_counted(client: Any) -> None:
    function = aggregator(client)
    child = "shardId-000000000001"
    function.count(child, arrivals([vote(9)]))
    aggregator(client).count(SHARD, arrivals([vote(1)]))
    assert function.count("shardId-000000000002", arrivals([vote(1)])) == Outcome(duplicates=1)


def queries(client: Any) -> list[dict[str, Any]]:
    """The queries that are sent from now on, as boto3 is given them."""
    asked: list[dict[str, Any]] = []
    client.meta.events.register("before-parameter-build.dynamodb.Query", lambda params, **_: asked.append(params))
    return asked


def test_two_functions_that_take_turns_at_two_shards_read_what_is_new_and_no_minute_again(client: Any) -> None:
    asked = queries(client)
    functions, shards = [aggregator(client), aggregator(client)], [SHARD, "shardId-000000000001"]
    for turn in range(8):
        for number, shard in enumerate(shards):
            votes = [vote(100 * turn + 10 * number + place) for place in range(3)]
            function = functions[(turn + number) % 2]
            assert function.count(shard, arrivals([*votes, votes[0]], first=10 * turn + 1)) == Outcome(3, 1, 0)
    whole = [params for params in asked if "sk" not in params["KeyConditionExpression"]]
    assert len(whole) == len(functions) * len(shards)
    newer = [params["ExpressionAttributeValues"][":after"]["S"] for params in asked if params not in whole]
    assert newer == sorted(newer, key=lambda after: after.rpartition("#")[2])
    assert totals(client)["kinoko"] == 48
    again = [vote(100 * turn + 10 * number) for turn in range(8) for number in range(2)]
    for number, shard in enumerate(shards):
        own = again[number::2]
        assert functions[0].count(shard, arrivals(own, first=1000)) == Outcome(duplicates=8)


def test_a_minute_is_not_read_again_while_one_function_counts_a_shard(client: Any) -> None:
    asked = queries(client)
    function = aggregator(client)
    for turn in range(5):
        function.count(SHARD, arrivals([vote(turn)], first=turn + 1))
    assert len(asked) == 1


@pytest.mark.parametrize("operation", ["GetItem", "Query"])
def test_a_read_that_is_throttled_is_tried_again_as_a_write_is(client: Any, operation: str) -> None:
    answers: Any = {"Error": {"Code": "ProvisionedThroughputExceededException", "Message": "slow down"}}
    left = [ClientError(answers, operation)] * 3

    def throttle(**_: Any) -> None:
        if left:
            raise left.pop()

    client.meta.events.register(f"before-parameter-build.dynamodb.{operation}", throttle)
    assert aggregator(client).count(SHARD, arrivals([vote(1)])) == Outcome(counted=1)
    assert left == []


def test_a_record_that_holds_no_vote_is_passed(client: Any) -> None:
    assert aggregator(client).count(SHARD, arrivals([None, vote(1), None])) == Outcome(counted=1)
    assert aggregator(client).count(SHARD, arrivals([None, vote(1), None])).delivered_before == 3


@pytest.mark.parametrize("code", ["TransactionConflict", "ThrottlingError", "ConditionalCheckFailed"])
def test_a_transaction_that_another_one_disturbed_is_tried_again(client: Any, code: str) -> None:
    failing: Any = Failing(client, "before", cancelled("None", code))
    assert aggregator(failing).count(SHARD, arrivals([vote(1)])) == Outcome(counted=1)
    assert totals(client)["kinoko"] == 1


def test_an_answer_that_is_lost_leaves_the_votes_counted_once(client: Any) -> None:
    failing: Any = Failing(client, "after", ReadTimeoutError(endpoint_url="https://dynamodb"))
    function = aggregator(failing)
    batch = arrivals([vote(1), vote(2)])
    with pytest.raises(ReadTimeoutError):
        function.count(SHARD, batch)
    assert function.count(SHARD, batch) == Outcome(delivered_before=2)
    assert totals(client)["kinoko"] == 2


def test_a_refusal_that_will_not_pass_is_raised(client: Any) -> None:
    failing: Any = Failing(client, "before", cancelled("ValidationError"))
    with pytest.raises(ClientError, match="TransactionCanceled"):
        aggregator(failing).count(SHARD, arrivals([vote(1)]))


def test_tables_that_stay_busy_end_in_an_error_and_nothing_is_counted(client: Any) -> None:
    class Busy(Failing):
        def transact_write_items(self, **_: Any) -> Any:
            raise cancelled("TransactionConflict")

    busy: Any = Busy(client, "before", cancelled())
    with pytest.raises(RetryableError, match="could not be counted"):
        aggregator(busy).count(SHARD, arrivals([vote(1)]))
    assert totals(client) == {"kinoko": 0, "takenoko": 0}


def test_the_pauses_while_the_tables_stay_busy_end_at_a_second(client: Any) -> None:
    class Busy(Failing):
        def transact_write_items(self, **_: Any) -> Any:
            raise cancelled("TransactionConflict")

    busy: Any = Busy(client, "before", cancelled())
    pauses: list[float] = []
    own = Aggregator(
        busy,
        aggregation_table="aggregation",
        orders_table="orders",
        rulings=NOTHING_CONTESTED,
        pause=pauses.append,
    )
    with pytest.raises(RetryableError):
        own.count(SHARD, arrivals([vote(1)]))
    longest = [0.02, 0.04, 0.08, 0.16, 0.32, 0.64, *[1.0] * 6]
    assert len(pauses) == len(longest)
    assert all(0.0 <= pause <= most for pause, most in zip(pauses, longest, strict=True))


def test_votes_of_many_minutes_are_counted_in_several_transactions(client: Any) -> None:
    votes = [vote(number, cast_ms=NOW_MS - 60_000 * number) for number in range(MOST_ITEMS + 1)]
    assert aggregator(client).count(SHARD, arrivals(votes)) == Outcome(counted=len(votes))
    assert TotalsReader(client, "aggregation", CANDIDATES).read(NOW_MS).version == 3
    assert len(client.scan(TableName="orders")["Items"]) == len(votes)


def test_a_thousand_votes_are_a_handful_of_writes(client: Any) -> None:
    writes: Counter[str] = Counter()
    client.meta.events.register(
        "before-parameter-build.dynamodb.TransactWriteItems",
        lambda params, **_: writes.update({"writes": len(params["TransactItems"])}),
    )
    aggregator(client).count(SHARD, arrivals([vote(number) for number in range(1000)]))
    assert writes["writes"] <= 1000 / 50


def test_only_the_last_three_minutes_are_told_by_the_second(client: Any) -> None:
    second = NOW_MS // 1000
    votes = [vote(number, received_ms=NOW_MS - 1000 * number) for number in (0, 1, 179, 180)]
    aggregator(client).count(SHARD, arrivals(votes))
    told = TotalsReader(client, "aggregation", CANDIDATES).read(NOW_MS)
    assert sorted(told.seconds) == [second - 179, second - 1, second]
    assert told.to_document(3, NOW_MS)["seconds"][-1] == [second, {"kinoko": 1}]


def test_votes_of_two_rounds_in_one_batch_are_apart_in_totals_and_seconds(client: Any) -> None:
    votes = [vote(1), vote(2, in_round=2), vote(3, "takenoko", in_round=2), vote(4)]
    assert aggregator(client).count(SHARD, arrivals(votes)) == Outcome(counted=4)
    assert [(each.number, each.votes, each.version) for each in Rounds(client, "aggregation").every()] == [
        (1, {"kinoko": 2}, 1),
        (2, {"kinoko": 1, "takenoko": 1}, 1),
    ]
    told = TotalsReader(client, "aggregation", CANDIDATES).read(NOW_MS).to_document(0, NOW_MS)
    assert (told["round"], told["totals"]) == (2, {"kinoko": 1, "takenoko": 1})
    assert told["seconds"] == [[NOW_MS // 1000, {"kinoko": 1, "takenoko": 1}]]


def test_the_rounds_are_in_order_and_the_last_is_the_current_one(client: Any) -> None:
    for number in (10, 2, 1, 9):
        aggregator(client).count(f"shard-{number}", arrivals([vote(number, in_round=number)]))
    rounds = Rounds(client, "aggregation")
    assert [each.number for each in rounds.every()] == [1, 2, 9, 10]
    assert rounds.current().number == 10


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_whatever_is_delivered_however_often_each_vote_counts_once(data: st.DataObject) -> None:
    numbers = data.draw(st.lists(st.integers(0, 15), min_size=1, max_size=30))
    stream = arrivals([vote(number, CANDIDATES[number % 2]) for number in numbers])
    with mock_aws():
        dynamodb = boto3.client("dynamodb", region_name="ap-northeast-1")
        create_tables(dynamodb)
        functions = [aggregator(dynamodb), aggregator(dynamodb)]
        done = 0
        while done < len(stream):
            # In order, but from any point before the end of what was delivered, any number of times.
            start = data.draw(st.integers(0, done))
            end = data.draw(st.integers(max(start, done) + (start == done), len(stream)))
            data.draw(st.sampled_from(functions)).count(SHARD, stream[start:end])
            done = max(done, end)
        distinct = Counter(CANDIDATES[number % 2] for number in set(numbers))
        assert totals(dynamodb) == {candidate: distinct[candidate] for candidate in CANDIDATES}
