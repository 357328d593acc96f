"""Counting exactly once: one transaction for each batch moves the totals, the seconds and the shard's checkpoint.

A batch that is delivered again, whole or cut elsewhere, finds the checkpoint past its records; a vote that a browser
sent again finds its id among those counted. The number of writes does not grow with the number of votes.

Items of the aggregation table: ``totals`` by round (``n#<candidate>``, ``version``; see ``rounds``), ``seconds`` by
round and minute of arrival (``<second>#<candidate>``, with ``expires_at``), ``checkpoint`` by shard (``sequence``).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from botocore.exceptions import ClientError

from datastreamer.aws.backoff import Backoff
from datastreamer.aws.faults import code_of, is_transient
from datastreamer.errors import RetryableError
from datastreamer.votes.orders import CountedVotes, order_item
from datastreamer.votes.rounds import COUNTED, of_round, totals_key
from datastreamer.votes.rulings import Rulings
from datastreamer.votes.tally import MINUTE_MS, Tally, fold, minute_of
from datastreamer.votes.vote import Vote

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

SEQUENCE_DIGITS: Final = 56
"""How long Kinesis's sequence numbers are; padded, they sort as text."""
SECONDS_KEPT: Final = 3_600
MOST_ITEMS: Final = 99
"""Rounds, minutes of casting and minutes of arrival in one transaction: an item each, and the checkpoint makes it 100
(AWS, DynamoDB quotas)."""
MOST_VOTES: Final = 5_000
"""Votes in one transaction: about 65 bytes each, with 400 KB for an item and 4 MB for a transaction."""
ATTEMPTS: Final = 12
FIRST_PAUSE: Final = 0.02
LONGEST_PAUSE: Final = 1.0
"""Seconds. Short, as what is refused is most often another shard's transaction, which takes milliseconds."""

SECONDS: Final = "seconds"
CHECKPOINT: Final = "checkpoint"

Arrival = tuple[str, Vote | None]
"""Sequence number and vote; None for a record that holds none."""


@dataclass(frozen=True)
class Outcome:
    """What became of a batch: votes counted, copies dropped, and records that an earlier delivery had counted."""

    counted: int = 0
    duplicates: int = 0
    delivered_before: int = 0

    def __add__(self, other: Outcome) -> Outcome:
        return Outcome(
            self.counted + other.counted,
            self.duplicates + other.duplicates,
            self.delivered_before + other.delivered_before,
        )


class Aggregator:
    """Counts the votes of one shard at a time; each shard's batches must come one after the other."""

    def __init__(
        self,
        client: DynamoDBClient,
        *,
        aggregation_table: str,
        orders_table: str,
        rulings: Rulings,
        pause: Callable[[float], None] = time.sleep,
        backoff: Backoff | None = None,
    ) -> None:
        self._client = client
        self._table = aggregation_table
        self._orders = orders_table
        self._counted = CountedVotes(client, orders_table)
        self._rulings = rulings
        self._pause = pause
        self._backoff = backoff or Backoff(FIRST_PAUSE, LONGEST_PAUSE)

    def count(self, shard: str, arrivals: Sequence[Arrival]) -> Outcome:
        """Count a batch, in the order of the shard; raises RetryableError when the tables do not take it for now.

        What was counted before the error stays counted, and is not counted again when the batch comes back.
        """
        padded = [(sequence.zfill(SEQUENCE_DIGITS), vote) for sequence, vote in arrivals]
        outcome = Outcome()
        for part in _parts(padded):
            outcome += self._count_part(shard, part)
        return outcome

    def _count_part(self, shard: str, part: Sequence[Arrival]) -> Outcome:
        for attempt in range(ATTEMPTS):
            try:
                return self._attempt(shard, part)
            except ClientError as error:
                if not _may_succeed_later(error):
                    raise
                # Another delivery of the batch came first, or another shard's transaction, or the table is throttled.
                self._pause(self._backoff.delay(attempt))
        raise RetryableError(f"the votes of {shard} could not be counted in {ATTEMPTS} attempts")

    def _attempt(self, shard: str, part: Sequence[Arrival]) -> Outcome:
        checkpoint = self._checkpoint(shard)
        fresh = [(sequence, vote) for sequence, vote in part if checkpoint is None or sequence > checkpoint]
        before = len(part) - len(fresh)
        if not fresh:
            return Outcome(delivered_before=before)
        votes = [vote for _, vote in fresh if vote is not None]
        tally = fold(votes, self._counted.among(votes, shard, checkpoint))
        first, last = fresh[0][0], fresh[-1][0]
        # Before the transaction: what is counted is not read again, and a ruling that is there twice says the same.
        self._rulings.put(shard, first, last, tally.contested)
        self._commit(shard, checkpoint, first, last, tally)
        self._counted.add(shard, first, last, tally.minutes)
        return Outcome(len(tally.votes), tally.duplicates, before)

    def _checkpoint(self, shard: str) -> str | None:
        answer = self._client.get_item(TableName=self._table, Key=_key(CHECKPOINT, shard), ConsistentRead=True)
        return answer["Item"]["sequence"]["S"] if "Item" in answer else None

    def _commit(self, shard: str, checkpoint: str | None, first: str, last: str, tally: Tally) -> None:
        writes = [self._move_checkpoint(shard, checkpoint, last)]
        if tally.votes:
            writes.extend(self._add_totals(tally))
            writes.extend(self._add_seconds(tally))
            writes.extend(
                {"Put": {"TableName": self._orders, "Item": order_item(minute, shard, first, votes)}}
                for minute, votes in tally.minutes.items()
            )
        self._client.transact_write_items(TransactItems=writes)

    def _move_checkpoint(self, shard: str, checkpoint: str | None, last: str) -> Any:
        write: dict[str, Any] = {
            "TableName": self._table,
            "Item": {**_key(CHECKPOINT, shard), "sequence": {"S": last}},
            "ConditionExpression": "attribute_not_exists(pk)",
        }
        if checkpoint is not None:
            write["ConditionExpression"] = "#sequence = :checkpoint"
            write["ExpressionAttributeNames"] = {"#sequence": "sequence"}
            write["ExpressionAttributeValues"] = {":checkpoint": {"S": checkpoint}}
        return {"Put": write}

    def _add_totals(self, tally: Tally) -> Iterator[Any]:
        for number, counts in tally.totals.items():
            numbers = {f"{COUNTED}{candidate}": count for candidate, count in counts.items()}
            yield self._add(totals_key(number), {**numbers, "version": 1})

    def _add_seconds(self, tally: Tally) -> Iterator[Any]:
        minutes: dict[tuple[int, int], dict[str, int]] = {}
        for (number, second), counts in tally.seconds.items():
            numbers = minutes.setdefault((number, second // 60), {})
            numbers.update({f"{second % 60}#{candidate}": count for candidate, count in counts.items()})
        for (number, minute), numbers in minutes.items():
            key = _key(of_round(SECONDS, number), str(minute))
            yield self._add(key, numbers, expires_at=(minute + 1) * 60 + SECONDS_KEPT)

    def _add(self, key: Any, numbers: dict[str, int], expires_at: int | None = None) -> Any:
        names = {f"#a{index}": name for index, name in enumerate(numbers)}
        values = {f":a{index}": {"N": str(number)} for index, number in enumerate(numbers.values())}
        expression = "ADD " + ", ".join(f"#a{index} :a{index}" for index in range(len(numbers)))
        if expires_at is not None:
            expression += " SET expires_at = :expires_at"
            values[":expires_at"] = {"N": str(expires_at)}
        return {
            "Update": {
                "TableName": self._table,
                "Key": key,
                "UpdateExpression": expression,
                "ExpressionAttributeNames": names,
                "ExpressionAttributeValues": values,
            }
        }


def _key(pk: str, sk: str) -> dict[str, Any]:
    return {"pk": {"S": pk}, "sk": {"S": sk}}


def _parts(arrivals: Sequence[Arrival]) -> Iterator[Sequence[Arrival]]:
    """The batch in pieces that one transaction can hold."""
    items: set[tuple[str, int, int]] = set()
    start = 0
    for index, (_, vote) in enumerate(arrivals):
        own = set() if vote is None else _items(vote)
        if index > start and (len(items | own) > MOST_ITEMS or index - start >= MOST_VOTES):
            yield arrivals[start:index]
            start, items = index, set()
        items |= own
    if start < len(arrivals):
        yield arrivals[start:]


def _items(vote: Vote) -> set[tuple[str, int, int]]:
    """What a vote that counts is written to."""
    arrived = vote.received_ms // MINUTE_MS
    return {("totals", vote.round, 0), ("seconds", vote.round, arrived), ("orders", 0, minute_of(vote))}


def _may_succeed_later(error: ClientError) -> bool:
    if code_of(error) != "TransactionCanceledException":
        return is_transient(error)
    reasons: Iterable[Any] = error.response.get("CancellationReasons", [])
    return all(reason.get("Code") in _TRANSIENT_REASONS for reason in reasons)


_TRANSIENT_REASONS: Final = frozenset(
    {
        "None",
        "ConditionalCheckFailed",
        "ProvisionedThroughputExceeded",
        "ThrottlingError",
        "TransactionConflict",
    }
)
