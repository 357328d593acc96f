"""Counting a batch of votes: pure, so that what is counted can be reasoned about."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from datastreamer.votes.vote import Place, Vote

MINUTE_MS = 60_000


@dataclass(frozen=True)
class Tally:
    """What a batch adds, round by round. ``votes`` are those that count, each id once.

    ``contested``: each id of which a copy names another candidate than the one that it counts for, or came in another
    round, as that copy came but with the candidate and the round that count.
    """

    votes: Sequence[Vote]
    duplicates: int
    contested: Sequence[Vote] = ()

    @property
    def totals(self) -> Mapping[int, Mapping[str, int]]:
        """Votes by round and candidate."""
        rounds: defaultdict[int, Counter[str]] = defaultdict(Counter)
        for vote in self.votes:
            rounds[vote.round][vote.candidate] += 1
        return rounds

    @property
    def seconds(self) -> Mapping[tuple[int, int], Mapping[str, int]]:
        """Votes by round and epoch second of arrival, and by candidate."""
        buckets: defaultdict[tuple[int, int], Counter[str]] = defaultdict(Counter)
        for vote in self.votes:
            buckets[vote.round, vote.received_ms // 1000][vote.candidate] += 1
        return buckets

    @property
    def minutes(self) -> Mapping[int, Sequence[Vote]]:
        """The votes by the minute in which they were cast (minutes since the epoch)."""
        buckets: defaultdict[int, list[Vote]] = defaultdict(list)
        for vote in self.votes:
            buckets[minute_of(vote)].append(vote)
        return buckets


def fold(votes: Iterable[Vote], counted: Mapping[UUID, Place]) -> Tally:
    """What ``votes`` add; ``counted``: ids that have been counted before, and where."""
    fresh: dict[UUID, Vote] = {}
    contested: dict[UUID, Vote] = {}
    duplicates = 0
    for vote in votes:
        first = fresh[vote.vote_id].place if vote.vote_id in fresh else counted.get(vote.vote_id)
        if first is None:
            fresh[vote.vote_id] = vote
            continue
        duplicates += 1
        if first != vote.place:
            contested.setdefault(vote.vote_id, replace(vote, candidate=first[0], round=first[1]))
    return Tally(list(fresh.values()), duplicates, list(contested.values()))


def minute_of(vote: Vote) -> int:
    """The minute in which a vote was cast: the same for each copy of it."""
    return vote.cast_ms // MINUTE_MS
