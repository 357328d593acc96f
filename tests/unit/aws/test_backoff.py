"""How long to wait between attempts."""

from __future__ import annotations

from random import Random

from hypothesis import given
from hypothesis import strategies as st

from datastreamer.aws.backoff import Backoff


@given(attempt=st.integers(0, 10_000), seed=st.integers())
def test_backoff_stays_between_zero_and_its_cap(attempt: int, seed: int) -> None:
    assert (
        0.0
        <= Backoff(base=0.1, cap=5.0, randomness=Random(seed)).delay(attempt)
        <= min(5.0, 0.1 * 2.0 ** min(attempt, 30))
    )


def test_backoff_grows_and_is_spread() -> None:
    backoff = Backoff(base=0.1, cap=10.0, randomness=Random(1))
    means = [sum(backoff.delay(attempt) for _ in range(500)) / 500 for attempt in range(8)]
    assert means == sorted(means)
    assert len({backoff.delay(5) for _ in range(100)}) == 100
