"""Digests of sets of lines, and what a line is known by."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from datastreamer.events.digest import Digest, digest_sum, id_hash, packed, unpacked

HASHES = st.integers(0, 2**64 - 1)


def test_the_hash_of_an_id_is_the_one_that_spark_gives_it() -> None:
    assert id_hash(b"sensor-1") == 2**64 - 5844758081329385171, "tests/spark/test_transform.py has the other half"


@given(st.lists(HASHES))
def test_hashes_are_packed_without_loss(hashes: list[int]) -> None:
    assert list(unpacked(packed(hashes))) == hashes
    assert len(packed(hashes)) == 8 * len(hashes)


@given(st.lists(HASHES, max_size=20))
def test_a_digest_does_not_depend_on_order_or_on_how_a_set_is_divided(hashes: list[int]) -> None:
    whole = digest_sum(Digest(1, number) for number in hashes)
    shuffled = sorted(hashes)
    assert whole == Digest().plus(len(hashes), sum(hashes))
    half = len(shuffled) // 2
    parts = (Digest().plus(len(part), sum(part)) for part in (shuffled[:half], shuffled[half:]))
    assert digest_sum(parts) == whole
    assert Digest.from_json(whole.to_json()) == whole


@given(st.lists(HASHES, min_size=1, max_size=20), HASHES)
def test_another_member_makes_another_digest(hashes: list[int], other: int) -> None:
    whole = digest_sum(Digest(1, number) for number in hashes)
    changed = digest_sum(Digest(1, number) for number in [other, *hashes[1:]])
    assert (whole == changed) == (other == hashes[0])


@pytest.mark.parametrize("value", [{}, {"lines": -1, "total": "0"}, {"lines": 1.5, "total": "0"}, {"lines": 1}])
def test_what_is_no_digest_is_refused(value: dict[str, object]) -> None:
    with pytest.raises((ValueError, KeyError, TypeError)):
        Digest.from_json(value)
