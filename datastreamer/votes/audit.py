"""The proof that each vote counts once: taken by the API = in the totals = in the lake.

Votes that others cast meanwhile do no harm: a run's votes are known in the lake by who clicked and when, and the totals
are compared with all that the lake has.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import urllib3

from datastreamer.aws.athena import run_query
from datastreamer.aws.loopback import reachable
from datastreamer.aws.waiting import Patience, settled
from datastreamer.errors import ConfigurationError
from datastreamer.votes.names import Names
from datastreamer.votes.rulings import COUNTS_FOR

if TYPE_CHECKING:
    from mypy_boto3_athena import AthenaClient

MILLISECOND = 80
"""How far up the time stands in a UUIDv7, in bits (RFC 9562)."""


@dataclass(frozen=True)
class Counts:
    """One candidate. ``taken``: by the receipt. ``of_the_run``, ``in_the_lake``: distinct votes; ``records``: lines."""

    taken: int = 0
    of_the_run: int = 0
    in_the_lake: int = 0
    records: int = 0
    in_the_totals: int = 0

    @property
    def counted(self) -> int:
        """The run's votes in the totals: what is there without all others."""
        return self.in_the_totals - (self.in_the_lake - self.of_the_run)

    @property
    def balanced(self) -> bool:
        """Whether each vote of the run is there once, and the totals say what the lake says."""
        return self.taken == self.of_the_run == self.counted

    def __add__(self, other: Counts) -> Counts:
        return Counts(
            self.taken + other.taken,
            self.of_the_run + other.of_the_run,
            self.in_the_lake + other.in_the_lake,
            self.records + other.records,
            self.in_the_totals + other.in_the_totals,
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
    receipt: Mapping[str, Any], names: Names, athena: AthenaClient, patience: Patience
) -> dict[str, Counts]:
    """The counts by candidate, as soon as they agree, or when ``patience`` ends."""
    return settled(lambda: _counts(receipt, names, athena), done=all_balanced, patience=patience)


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
        f"SELECT vote_id, {COUNTS_FOR} AS counts_for, BOOL_OR(client_id IN ({clients})) AS ours, "  # noqa: S608  UUIDs
        "COUNT(*) - COUNT(counted_for) AS records FROM votes GROUP BY vote_id"
    )
    of_the_run = f"COUNT_IF(ours AND vote_id BETWEEN '{first}' AND '{last}')"
    return f"SELECT counts_for, COUNT(*), {of_the_run}, SUM(records) FROM ({once}) GROUP BY counts_for"  # noqa: S608


def _counts(receipt: Mapping[str, Any], names: Names, athena: AthenaClient) -> dict[str, Counts]:
    # The lake first: what the totals have by then, and the lake has not, the next look finds in both.
    answer = run_query(athena, question(receipt), workgroup=names.workgroup, database=names.database)
    lake = {str(row[0]): [int(number or 0) for number in row[1:]] for row in answer.rows}
    url, named = reachable(f"{receipt['api_url']}/totals")
    totals: dict[str, int] = urllib3.request("GET", url, headers=named).json()["totals"]
    taken: dict[str, int] = receipt["accepted"]
    counts = {}
    for candidate in sorted({*lake, *totals, *taken}):
        every, ours, records = lake.get(candidate, [0, 0, 0])
        counts[candidate] = Counts(taken.get(candidate, 0), ours, every, records, totals.get(candidate, 0))
    return counts
