"""What everybody is told: totals, the votes of the last seconds, and how many are online."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from datastreamer.votes.aggregation import SECONDS
from datastreamer.votes.rounds import FROZEN, Rounds, of_round

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

SECONDS_SHOWN: Final = 180


@dataclass(frozen=True)
class Totals:
    """The current round as everybody is told it; of one that is frozen, as it stood when that began.

    ``version`` grows with each batch counted and each change of ``state``; ``seconds``: epoch second of arrival to
    votes by candidate.
    """

    round: int
    state: str
    votes: Mapping[str, int]
    version: int
    seconds: Mapping[int, Mapping[str, int]]

    def to_document(self, online: int, now_ms: int) -> dict[str, Any]:
        """The members of an update, as ``GET /totals`` answers them and as the WebSocket sends them."""
        return {
            "round": self.round,
            "state": self.state,
            "totals": dict(self.votes),
            "version": self.version,
            "seconds": [[second, dict(counts)] for second, counts in sorted(self.seconds.items())],
            "online": online,
            "at": now_ms,
        }


class TotalsReader:
    """Reads the aggregation table."""

    def __init__(self, client: DynamoDBClient, table: str, candidates: Sequence[str]) -> None:
        self._client = client
        self._table = table
        self._candidates = candidates
        self._rounds = Rounds(client, table)

    def read(self, now_ms: int) -> Totals:
        """The totals, and the last three minutes by the second; two reads."""
        current = self._rounds.current()
        votes = {candidate: current.told.get(candidate, 0) for candidate in self._candidates}
        seconds = self._seconds(current.number, now_ms // 1000)
        if current.state == FROZEN and current.changed_ms is not None:
            seconds = {second: counts for second, counts in seconds.items() if second < current.changed_ms // 1000}
        return Totals(current.number, current.state, votes, current.version, seconds)

    def _seconds(self, number: int, now: int) -> dict[int, dict[str, int]]:
        first = now - SECONDS_SHOWN + 1
        answer = self._client.query(
            TableName=self._table,
            KeyConditionExpression="pk = :seconds AND sk BETWEEN :first AND :last",
            ExpressionAttributeValues={
                ":seconds": {"S": of_round(SECONDS, number)},
                ":first": {"S": str(first // 60)},
                ":last": {"S": str(now // 60)},
            },
            ConsistentRead=True,
        )
        found: dict[int, dict[str, int]] = {}
        for item in answer["Items"]:
            minute = int(item["sk"]["S"])
            for name in item:
                offset, marked, candidate = name.partition("#")
                if marked and candidate in self._candidates:
                    found.setdefault(minute * 60 + int(offset), {})[candidate] = int(item[name]["N"])
        return {second: counts for second, counts in found.items() if first <= second <= now}
