"""Folding a batch: each id once, by candidate, by second, by minute of casting."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from datastreamer.votes.tally import fold
from tests.unit.votes.ballots import NOW_MS, vote


def test_votes_are_counted_by_candidate_and_by_the_second_of_their_arrival() -> None:
    second = NOW_MS // 1000
    tally = fold(
        [
            vote(1, "kinoko"),
            vote(2, "takenoko"),
            vote(3, "kinoko", received_ms=NOW_MS + 999),
            vote(4, "kinoko", received_ms=NOW_MS + 1000),
        ],
        {},
    )
    assert tally.totals == {1: {"kinoko": 3, "takenoko": 1}}
    assert tally.seconds == {(1, second): {"kinoko": 2, "takenoko": 1}, (1, second + 1): {"kinoko": 1}}


def test_a_copy_counts_once_whatever_it_says_the_second_time() -> None:
    tally = fold([vote(1, "kinoko"), vote(1, "takenoko"), vote(2)], {})
    assert (tally.totals, tally.duplicates) == ({1: {"kinoko": 2}}, 1)


def test_a_copy_for_another_candidate_is_contested_and_counts_for_the_first() -> None:
    tally = fold([vote(1, "kinoko"), vote(1, "takenoko"), vote(2, "kinoko")], {vote(2).vote_id: ("takenoko", 1)})
    assert tally.contested == [vote(1, "kinoko"), vote(2, "takenoko")]
    assert fold([vote(1), vote(1)], {vote(1).vote_id: ("kinoko", 1)}).contested == []


def test_a_copy_that_comes_in_another_round_is_contested_and_counts_in_the_first() -> None:
    tally = fold([vote(1, in_round=2), vote(1, in_round=1), vote(2)], {vote(2).vote_id: ("kinoko", 3)})
    assert tally.totals == {2: {"kinoko": 1}}
    assert tally.contested == [vote(1, in_round=2), vote(2, in_round=3)]


def test_a_vote_that_was_counted_before_does_not_count() -> None:
    tally = fold([vote(1), vote(2)], {vote(1).vote_id: ("kinoko", 1)})
    assert ([counted.vote_id for counted in tally.votes], tally.duplicates) == ([vote(2).vote_id], 1)


def test_votes_are_grouped_by_the_minute_in_which_they_were_cast_not_by_that_of_their_arrival() -> None:
    late = vote(1, cast_ms=NOW_MS - 3_600_000, received_ms=NOW_MS)
    tally = fold([late, vote(2)], {})
    assert tally.minutes == {(NOW_MS - 3_600_000) // 60_000: [late], NOW_MS // 60_000: [vote(2)]}


@given(
    st.lists(
        st.tuples(st.integers(0, 20), st.sampled_from(["kinoko", "takenoko"]), st.integers(0, 5000), st.integers(1, 3))
    )
)
def test_every_view_of_a_tally_has_the_same_votes(drawn: list[tuple[int, str, int, int]]) -> None:
    votes = [
        vote(number, candidate, received_ms=NOW_MS + late, in_round=in_round)
        for number, candidate, late, in_round in drawn
    ]
    tally = fold(votes, {})
    distinct = len({each.vote_id for each in votes})
    assert sum(sum(counts.values()) for counts in tally.totals.values()) == distinct
    assert sum(sum(counts.values()) for counts in tally.seconds.values()) == distinct
    assert sum(map(len, tally.minutes.values())) == distinct
    assert tally.duplicates == len(votes) - distinct
