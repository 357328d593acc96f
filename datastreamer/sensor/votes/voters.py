"""Who votes for what: drawn from a seed, but for the time of each click."""

from __future__ import annotations

import random
import uuid
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Click:
    """One vote as a browser sends it, and how often it is sent although it was taken the first time."""

    vote_id: str
    candidate: str
    client_id: str
    copies: int

    @property
    def body(self) -> dict[str, str]:
        """What is posted."""
        return {"vote_id": self.vote_id, "candidate": self.candidate, "client_id": self.client_id}


class Voters:
    """``number`` browsers. A fraction ``retries`` of the votes is sent once more under its id.

    The first candidate gets 45 %, the others share the rest: a close race, but not an even one.
    """

    def __init__(self, number: int, candidates: Sequence[str], retries: float, seed: int) -> None:
        self._random = random.Random(seed)  # noqa: S311  simulated clicks, no secrets
        self.clients = [str(uuid.UUID(int=self._random.getrandbits(128), version=4)) for _ in range(number)]
        self._candidates = candidates
        self._weights = [0.45] + [0.55 / (len(candidates) - 1)] * (len(candidates) - 1)
        self._retries = retries

    def click(self, now_ms: int) -> Click:
        """The next vote, cast at ``now_ms``."""
        return Click(
            vote_id=str(uuid7(now_ms, self._random.getrandbits(74))),
            candidate=self._random.choices(self._candidates, self._weights)[0],
            client_id=self._random.choice(self.clients),
            copies=1 + (self._random.random() < self._retries),
        )


def uuid7(milliseconds: int, drawn: int) -> uuid.UUID:
    """A UUID of version 7 (RFC 9562): the time, and 74 bits that tell apart what is of one millisecond."""
    return uuid.UUID(int=milliseconds << 80 | 0x7 << 76 | (drawn >> 62) << 64 | 0b10 << 62 | drawn & (1 << 62) - 1)
