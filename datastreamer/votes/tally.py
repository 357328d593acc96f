"""Counting a batch of votes: pure, so that what is counted can be reasoned about."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from datastreamer.votes.vote import Vote

MINUTE_MS = 60_000


@dataclass(frozen=True)
class Tally:
    """What a batch adds. ``votes`` are those that count, each id once; ``seconds`` is by the second of arrival.

    ``contested``: each id of which a copy names another candidate than the one that it counts for, as that copy came
    but with the candidate that counts.
    """

    votes: Sequence[Vote]
    duplicates: int
    contested: Sequence[Vote] = ()

    @property
    def totals(self) -> Mapping[str, int]:
        """Votes by candidate."""
        return Counter(vote.candidate for vote in self.votes)

    @property
    def seconds(self) -> Mapping[int, Mapping[str, int]]:
        """Votes by epoch second of arrival and by candidate."""
        buckets: defaultdict[int, Counter[str]] = defaultdict(Counter)
        for vote in self.votes:
            buckets[vote.received_ms // 1000][vote.candidate] += 1
        return buckets

    @property
    def minutes(self) -> Mapping[int, Sequence[Vote]]:
        """The votes by the minute in which they were cast (minutes since the epoch)."""
        buckets: defaultdict[int, list[Vote]] = defaultdict(list)
        for vote in self.votes:
            buckets[minute_of(vote)].append(vote)
        return buckets


def fold(votes: Iterable[Vote], counted: Mapping[UUID, str]) -> Tally:
    """What ``votes`` add; ``counted``: ids that have been counted before, and for whom."""
    fresh: dict[UUID, Vote] = {}
    contested: dict[UUID, Vote] = {}
    duplicates = 0
    for vote in votes:
        first = fresh[vote.vote_id].candidate if vote.vote_id in fresh else counted.get(vote.vote_id)
        if first is None:
            fresh[vote.vote_id] = vote
            continue
        duplicates += 1
        if first != vote.candidate:
            contested.setdefault(vote.vote_id, replace(vote, candidate=first))
    return Tally(list(fresh.values()), duplicates, list(contested.values()))


def minute_of(vote: Vote) -> int:
    """The minute in which a vote was cast: the same for each copy of it."""
    return vote.cast_ms // MINUTE_MS
