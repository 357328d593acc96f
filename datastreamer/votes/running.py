"""Running a vote: opening, closing and freezing the current round, and beginning the next one.

docs/adr/0268-the-state-of-a-round-is-read-once-a-second.md says when a change is seen where.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from botocore.exceptions import ClientError

from datastreamer.aws.faults import is_condition_failed
from datastreamer.errors import RetryableError, UsageError
from datastreamer.votes.rounds import CLOSED, COUNTED, FROZEN, OPEN, SHOWN, Round, Rounds, totals_key
from datastreamer.votes.vote import LAST_ROUND

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

ATTEMPTS: Final = 5
"""Each is lost only to somebody else who changed the round in the same milliseconds."""


class Runner:
    """Changes the rounds in the aggregation table; raises ClientError or BotoCoreError, as boto3 does."""

    def __init__(self, client: DynamoDBClient, table: str) -> None:
        self._client = client
        self._table = table
        self._rounds = Rounds(client, table)

    def become(self, state: str, now_ms: int) -> tuple[Round, bool]:
        """Bring the current round into ``state``; the round then, and whether that was a change.

        Raises UsageError where the round's state does not allow it, RetryableError when others change it all the time.
        """
        for _ in range(ATTEMPTS):
            before = self._rounds.current()
            if before.state == state:
                return before, False
            if state == FROZEN and before.state == CLOSED:
                raise UsageError(f"round {before.number} is closed: its totals stand still. Open it first, then freeze")
            if not self._change(before, state, now_ms):
                continue
            after = self._rounds.current()
            if (after.number, after.state) == (before.number, state):
                return after, True
        raise RetryableError("the round is being changed by somebody else; see: datastreamer votes status")

    def begin_next(self, now_ms: int) -> Round:
        """Begin the next round, with no votes: closed where the current one is, else open.

        Raises RetryableError when somebody else began it first, UsageError after the last that there can be.
        """
        current = self._rounds.current()
        if current.number >= LAST_ROUND:
            raise UsageError(f"round {current.number} is the last one that there can be")
        state = CLOSED if current.state == CLOSED else OPEN
        moment = {"N": str(now_ms)}
        item: dict[str, Any] = {"state": {"S": state}, "began_at": moment, "changed_at": moment, "version": {"N": "0"}}
        try:
            self._client.put_item(
                TableName=self._table,
                Item={**totals_key(current.number + 1), **item},
                ConditionExpression="attribute_not_exists(pk)",
            )
        except ClientError as error:
            if not is_condition_failed(error):
                raise
            raise RetryableError(f"somebody else began round {current.number + 1} at this moment") from error
        return Round(current.number + 1, state, began_ms=now_ms, changed_ms=now_ms)

    def _change(self, before: Round, state: str, now_ms: int) -> bool:
        """Write the state, and for a freeze the votes of this very moment; False when the round has changed since."""
        sets = {"#state": "state", "#changed": "changed_at"}
        expression = "SET #state = :state, #changed = :now"
        for index, candidate in enumerate(before.votes if state == FROZEN else ()):
            sets |= {f"#shown{index}": f"{SHOWN}{candidate}", f"#votes{index}": f"{COUNTED}{candidate}"}
            expression += f", #shown{index} = #votes{index}"
        try:
            self._client.update_item(
                TableName=self._table,
                Key=totals_key(before.number),
                UpdateExpression=f"{expression} ADD version :one",
                ConditionExpression="#state = :before" + " OR attribute_not_exists(#state)" * (before.state == OPEN),
                ExpressionAttributeNames=sets,
                ExpressionAttributeValues={
                    ":state": {"S": state},
                    ":before": {"S": before.state},
                    ":now": {"N": str(now_ms)},
                    ":one": {"N": "1"},
                },
            )
        except ClientError as error:
            if not is_condition_failed(error):
                raise
            return False
        return True
