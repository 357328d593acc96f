"""Counting a batch of votes: pure, so that what is counted can be reasoned about."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from datastreamer.votes.vote import Vote

MINUTE_MS = 60_000


@dataclass(frozen=True)
class Tally:
    """What a batch adds. ``votes`` are those that count, each id once; ``seconds`` is by the second of arrival."""

    votes: Sequence[Vote]
    duplicates: int

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


def fold(votes: Iterable[Vote], counted: Collection[UUID]) -> Tally:
    """What ``votes`` add, where the ids ``counted`` have been counted before."""
    fresh: dict[UUID, Vote] = {}
    duplicates = 0
    for vote in votes:
        if vote.vote_id in counted or vote.vote_id in fresh:
            duplicates += 1
        else:
            fresh[vote.vote_id] = vote
    return Tally(list(fresh.values()), duplicates)


def minute_of(vote: Vote) -> int:
    """The minute in which a vote was cast: the same for each copy of it."""
    return vote.cast_ms // MINUTE_MS
