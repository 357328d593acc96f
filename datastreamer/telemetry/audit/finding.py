"""What an audit finds wrong."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

MOST_NAMED = 20
"""How many culprits a finding names; the count says how many there are."""


@dataclass(frozen=True)
class Finding:
    """One broken law: what is wrong, how much, and which objects or readings (at most ``MOST_NAMED``).

    ``at_least``: counting stopped at ``count``, there may be more.
    """

    law: str
    count: int
    culprits: tuple[str, ...] = ()
    at_least: bool = False


def finding_of(law: str, counts: Mapping[str, int]) -> Iterator[Finding]:
    """A finding that names the worst of ``counts`` and counts them all; none when there are none."""
    if counts:
        worst = sorted(counts, key=lambda name: (-counts[name], name))[:MOST_NAMED]
        yield Finding(law, sum(counts.values()), tuple(f"{name} ({counts[name]:,})" for name in worst))


def finding_that_names(law: str, culprits: Mapping[str, str]) -> Iterator[Finding]:
    """A finding of as many things as ``culprits`` has, with what is wrong with each; none when there are none."""
    if culprits:
        named = sorted(culprits)[:MOST_NAMED]
        told = (f"{name}: {culprits[name]}" if culprits[name] else name for name in named)
        yield Finding(law, len(culprits), tuple(told))
