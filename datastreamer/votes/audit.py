"""The proof that each vote counts once: taken by the API = in the totals = in the lake.

Votes that others cast meanwhile do no harm: a run's votes are known in the lake by who clicked and when, and the totals
of each round are compared with all that the lake has of it. The totals are read from their table: what everybody is
told is one round only, and may stand still.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from datastreamer.aws.athena import run_query
from datastreamer.aws.waiting import Patience, settled
from datastreamer.errors import ConfigurationError
from datastreamer.votes.names import Names
from datastreamer.votes.rounds import Rounds
from datastreamer.votes.rulings import COUNTS_FOR, COUNTS_IN

if TYPE_CHECKING:
    from mypy_boto3_athena import AthenaClient
    from mypy_boto3_dynamodb import DynamoDBClient

MILLISECOND = 80
"""How far up the time stands in a UUIDv7, in bits (RFC 9562)."""


@dataclass(frozen=True)
class Counts:
    """One candidate, in all rounds. ``taken``: by the receipt. ``of_the_run``, ``in_the_lake``: distinct votes.

    ``records``: lines; ``apart``: votes by which totals and lake differ, summed round by round.
    """

    taken: int = 0
    of_the_run: int = 0
    in_the_lake: int = 0
    records: int = 0
    in_the_totals: int = 0
    apart: int = 0

    @property
    def counted(self) -> int:
        """The run's votes in the totals: what is there without all others."""
        return self.in_the_totals - (self.in_the_lake - self.of_the_run)

    @property
    def balanced(self) -> bool:
        """Whether each vote of the run is there once, and the totals of each round say what the lake says."""
        return self.taken == self.of_the_run == self.counted and self.apart == 0

    def __add__(self, other: Counts) -> Counts:
        return Counts(
            self.taken + other.taken,
            self.of_the_run + other.of_the_run,
            self.in_the_lake + other.in_the_lake,
            self.records + other.records,
            self.in_the_totals + other.in_the_totals,
            self.apart + other.apart,
        )


def read_receipt(path: Path, stage: str) -> Mapping[str, Any]:
    """The receipt at ``path``; raises ConfigurationError when it is none, or another stage's."""
    try:
        receipt: Mapping[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        of_stage, _ = receipt["stage"], receipt["client_ids"]
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise ConfigurationError(f"{path} is not a receipt of python -m datastreamer.sensor votes: {error}") from error
    if of_stage != stage:
        raise ConfigurationError(f"{path} is of stage {of_stage}; name it: --stage {of_stage}")
    return receipt


def settled_counts(
    receipt: Mapping[str, Any], names: Names, athena: AthenaClient, dynamodb: DynamoDBClient, patience: Patience
) -> dict[str, Counts]:
    """The counts by candidate, as soon as they agree, or when ``patience`` ends."""
    rounds = Rounds(dynamodb, names.aggregation_table)

    def look() -> dict[str, Counts]:
        # The lake first: what the totals have by then, and the lake has not, the next look finds in both.
        answer = run_query(athena, question(receipt), workgroup=names.workgroup, database=names.database)
        lake = {(int(row[0] or 0), str(row[1])): [int(number or 0) for number in row[2:]] for row in answer.rows}
        totals = {(each.number, candidate): votes for each in rounds.every() for candidate, votes in each.votes.items()}
        return compared(receipt["accepted"], lake, totals)

    return settled(look, done=all_balanced, patience=patience)


def all_balanced(counts: Mapping[str, Counts]) -> bool:
    """Whether the law holds for each candidate."""
    return all(one.balanced for one in counts.values())


def document(counts: Mapping[str, Counts]) -> dict[str, dict[str, int]]:
    """The counts for machines, by candidate."""
    return {candidate: {**vars(one), "counted": one.counted} for candidate, one in counts.items()}


def question(receipt: Mapping[str, Any]) -> str:
    """What Athena is asked. The ids of votes begin with the time of the click, so that they sort by it."""
    first = uuid.UUID(int=int(receipt["from_ms"]) << MILLISECOND)
    last = uuid.UUID(int=((int(receipt["until_ms"]) + 1) << MILLISECOND) - 1)
    clients = ", ".join(f"'{uuid.UUID(client)}'" for client in receipt["client_ids"])
    # A ruling is a line of its own, of no record of the stream.
    once = (
        f"SELECT vote_id, {COUNTS_FOR} AS counts_for, {COUNTS_IN} AS counts_in, "  # noqa: S608  constants and UUIDs
        f"BOOL_OR(client_id IN ({clients})) AS ours, COUNT(*) - COUNT(counted_for) AS records "
        "FROM votes GROUP BY vote_id"
    )
    of_the_run = f"COUNT_IF(ours AND vote_id BETWEEN '{first}' AND '{last}')"
    counts = f"COUNT(*), {of_the_run}, SUM(records)"
    return f"SELECT counts_in, counts_for, {counts} FROM ({once}) GROUP BY counts_in, counts_for"  # noqa: S608


def compared(
    taken: Mapping[str, int], lake: Mapping[tuple[int, str], Sequence[int]], totals: Mapping[tuple[int, str], int]
) -> dict[str, Counts]:
    """The counts by candidate.

    ``lake``: by round and candidate, the distinct votes, those of the run, and the lines; ``totals``: likewise.
    """
    counts = {candidate: Counts(taken=number) for candidate, number in taken.items()}
    for place in sorted({*lake, *totals}):
        every, ours, records = lake.get(place, (0, 0, 0))
        counted = totals.get(place, 0)
        found = Counts(0, ours, every, records, counted, abs(counted - every))
        counts[place[1]] = counts.get(place[1], Counts()) + found
    return dict(sorted(counts.items()))
