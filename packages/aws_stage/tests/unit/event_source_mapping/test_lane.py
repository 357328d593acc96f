"""What a lane does with its records: batches, windows, retries, bisecting, ages."""

from __future__ import annotations

from itertools import pairwise

from aws_stage.engines.event_source_mapping.lane import BACKOFF_SECONDS, PAYLOAD_BYTES, Invoke, Wait
from aws_stage.engines.event_source_mapping.options import Options
from aws_stage.engines.event_source_mapping.verdict import Failed, NotInvoked, Succeeded
from unit.event_source_mapping.lanes import OVERHEAD, Driver, record

DONE = Succeeded()
FAILED = Failed()
THROTTLED = NotInvoked("HTTP 429")


def test_records_are_sent_at_once_in_batches_of_the_batch_size() -> None:
    driver = Driver.of(Options(batch_size=2))
    driver.offer(0, 1, 2)
    driver.take(DONE, DONE)
    assert driver.invoked == [[0, 1], [2]]
    assert driver.lane.idle


def test_a_batching_window_begins_with_its_first_record() -> None:
    driver = Driver.of(Options(batch_size=10, window=5))
    driver.now = 100.0
    driver.offer(0)
    driver.now = 104.0
    driver.offer(1)
    assert driver.step() == Wait(1.0)
    driver.now = 105.0
    driver.take(DONE)
    assert driver.invoked == [[0, 1]]


def test_what_a_full_batch_leaves_waits_for_its_own_window() -> None:
    driver = Driver.of(Options(batch_size=2, window=5))
    driver.offer(0)
    driver.now = 3.0
    driver.offer(1, 2)
    driver.take(DONE)
    assert driver.step() == Wait(5.0)


def test_a_full_batch_does_not_wait_for_the_window() -> None:
    driver = Driver.of(Options(batch_size=2, window=5))
    driver.offer(0, 1)
    driver.take(DONE)
    assert driver.now == 0.0


def test_the_end_of_a_shard_sends_what_waits_for_a_window() -> None:
    driver = Driver.of(Options(batch_size=10, window=5))
    driver.offer(0)
    driver.lane.end()
    driver.take(DONE)
    assert driver.now == 0.0


def test_a_payload_has_six_megabytes_at_most() -> None:
    driver = Driver.of(Options(batch_size=10_000, window=300))
    third = "x" * (PAYLOAD_BYTES // 3 - OVERHEAD - len('"k"'))
    driver.lane.offer([record(number, data=third) for number in range(4)], 0.0)
    driver.take(DONE)
    assert driver.invoked == [[0, 1, 2]]
    assert driver.now == 0.0
    assert driver.lane.bytes == PAYLOAD_BYTES // 3


def test_a_record_that_fits_no_payload_is_given_up_and_the_next_goes_on() -> None:
    driver = Driver.of(Options(batch_size=10))
    driver.lane.offer([record(0, data="x" * PAYLOAD_BYTES), record(1)], 0.0)
    driver.drop()
    driver.take(DONE)
    assert driver.discarded == [([0], "MaximumPayloadSizeExceeded")]
    assert driver.invoked == [[1]]


def test_a_record_that_just_fits_a_payload_is_sent() -> None:
    driver = Driver.of(Options(batch_size=10))
    driver.lane.offer([record(0, data="x" * (PAYLOAD_BYTES - OVERHEAD - len('"k"')))], 0.0)
    driver.take(DONE)
    assert driver.invoked == [[0]]


def test_a_failed_batch_is_retried_whole_and_in_order_for_ever() -> None:
    driver = Driver.of(Options(batch_size=2))
    driver.offer(0, 1, 2)
    driver.take(*[FAILED] * 20, DONE, DONE)
    assert driver.invoked == [[0, 1]] * 21 + [[2]]


def test_retries_come_later_and_later_up_to_a_limit() -> None:
    driver = Driver.of(Options())
    driver.offer(0)
    moments = []
    for _ in range(len(BACKOFF_SECONDS) + 3):
        driver.take(FAILED)
        moments.append(driver.now)
    pauses = [round(after - before, 6) for before, after in pairwise(moments)]
    assert pauses == [*BACKOFF_SECONDS, BACKOFF_SECONDS[-1], BACKOFF_SECONDS[-1]]


def test_the_retry_quota_counts_attempts_after_the_first() -> None:
    driver = Driver.of(Options(retries=2))
    driver.offer(0, 1)
    driver.take(FAILED, FAILED, FAILED)
    driver.drop()
    assert driver.discarded == [([0, 1], "RetryAttemptsExhausted")]
    assert driver.lane.idle


def test_without_retries_a_failed_batch_is_given_up_and_the_next_goes_on() -> None:
    driver = Driver.of(Options(batch_size=1, retries=0))
    driver.offer(0, 1)
    driver.take(FAILED)
    driver.drop()
    driver.take(DONE)
    assert driver.invoked == [[0], [1]]


def test_an_invocation_that_never_ran_is_no_attempt() -> None:
    driver = Driver.of(Options(retries=1))
    driver.offer(0)
    driver.take(*[THROTTLED] * 10, FAILED, *[THROTTLED] * 10, FAILED)
    driver.drop()
    assert len(driver.invoked) == 22


def test_bisecting_isolates_the_bad_record_without_taking_retries() -> None:
    driver = Driver.of(Options(retries=1, bisect=True))
    driver.offer(0, 1, 2, 3, 4)
    driver.take(FAILED, FAILED, DONE, FAILED, FAILED)
    driver.drop()
    driver.take(DONE)
    assert driver.invoked == [[0, 1, 2, 3, 4], [0, 1, 2], [0, 1], [2], [2], [3, 4]]
    assert driver.discarded == [([2], "RetryAttemptsExhausted")]


def test_bisecting_does_not_pause_before_a_record_stands_alone() -> None:
    driver = Driver.of(Options(bisect=True))
    driver.offer(0, 1, 2, 3)
    driver.take(FAILED, FAILED, FAILED)
    assert driver.now == 0.0
    assert driver.step() == Wait(BACKOFF_SECONDS[0])


def test_bisected_halves_keep_their_order_before_what_follows() -> None:
    driver = Driver.of(Options(batch_size=2, bisect=True))
    driver.offer(0, 1, 2)
    driver.take(FAILED, DONE, DONE, DONE)
    assert driver.invoked == [[0, 1], [0], [1], [2]]


def test_a_partial_failure_goes_on_at_the_lowest_failed_record_with_new_attempts() -> None:
    driver = Driver.of(Options(retries=1))
    driver.offer(0, 1, 2, 3)
    driver.take(Failed(1), FAILED, Failed(1), FAILED, FAILED)
    driver.drop()
    assert driver.invoked == [[0, 1, 2, 3], [1, 2, 3], [1, 2, 3], [2, 3], [2, 3]]
    assert driver.discarded == [([2, 3], "RetryAttemptsExhausted")]


def test_with_bisecting_a_partial_failure_keeps_what_was_processed() -> None:
    driver = Driver.of(Options(retries=0, bisect=True))
    driver.offer(0, 1, 2, 3)
    driver.take(Failed(2), FAILED, FAILED)
    driver.drop()
    driver.take(DONE)
    assert driver.invoked == [[0, 1, 2, 3], [2, 3], [2], [3]]
    assert driver.discarded == [([2], "RetryAttemptsExhausted")]


def test_records_past_the_maximum_age_are_given_up_and_younger_ones_sent() -> None:
    driver = Driver.of(Options(max_age=60))
    driver.now = 100.0
    driver.offer(0, 1, arrival=30.0)
    driver.offer(2, 3, arrival=50.0)
    driver.drop()
    driver.take(DONE)
    assert driver.discarded == [([0, 1], "RecordAgeExceeded")]
    assert driver.invoked == [[2, 3]]


def test_a_record_of_just_the_maximum_age_is_still_sent() -> None:
    driver = Driver.of(Options(max_age=60))
    driver.now = 60.0
    driver.offer(0)
    driver.take(DONE)
    assert driver.invoked == [[0]]


def test_a_batch_that_grows_too_old_between_attempts_is_given_up() -> None:
    driver = Driver.of(Options(max_age=60))
    driver.offer(0)
    while driver.now <= 60:
        driver.take(THROTTLED)
        driver.now += 10
    driver.drop()
    assert driver.discarded == [([0], "RecordAgeExceeded")]


def test_the_oldest_record_is_the_first_that_is_not_processed() -> None:
    driver = Driver.of(Options(batch_size=2))
    driver.offer(0, 1, 2)
    first = driver.step()
    assert isinstance(first, Invoke)
    assert driver.lane.oldest() == record(0)
    driver.take(Failed(1))
    assert driver.lane.oldest() == record(1)
    driver.take(DONE)
    assert driver.lane.oldest() == record(2)
    driver.take(DONE)
    assert driver.lane.oldest() is None
