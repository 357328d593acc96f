"""Writing into the table: 25 a call, in parallel, and what throttling, refusals and duplicates do."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from botocore.exceptions import ConnectionClosedError, EndpointConnectionError, ReadTimeoutError

from datastreamer.inference.processing.table import Table
from datastreamer.scoring.delivery import Failed, Rejected
from datastreamer.scoring.pacing import Deadline
from tests.unit.inference.fakes import FakeTable, FakeTime, client_error


def item(number: int, note: str = "") -> Any:
    return {"pk": {"S": f"id-{number}"}, "sk": {"S": "t"}, "note": {"S": note}}


def write(fake: FakeTable, items: list[Any], *, time: FakeTime | None = None, seconds: float = 30.0) -> Any:
    """Write ``items`` as those of the events 0, 1, …; returns the events that are not stored."""
    dynamodb: Any = fake
    time = time or FakeTime()
    clock = time.clock
    with ThreadPoolExecutor(4) as executor:
        table, deadline = Table(dynamodb, "t", executor, 1.0), Deadline(clock, clock.now() + seconds, time.backoff)
        return table.write({str(event): item for event, item in enumerate(items)}, deadline)


def test_items_are_written_25_a_call() -> None:
    fake = FakeTable()
    assert write(fake, [item(number) for number in range(510)]) == {}
    assert len(fake.items) == 510
    assert sorted(fake.sizes) == [10] + [25] * 20


def test_items_of_one_key_are_one_item_the_last() -> None:
    fake = FakeTable()
    assert write(fake, [item(1, "first"), item(2), item(1, "last")]) == {}
    assert fake.items["id-1", "t"]["note"] == {"S": "last"}
    assert fake.puts == 2


def test_unprocessed_items_are_written_again_alone() -> None:
    fake, time = FakeTable([20, 5]), FakeTime()
    assert write(fake, [item(number) for number in range(25)], time=time) == {}
    assert (len(fake.items), fake.puts, fake.sizes) == (25, 25, [25, 20, 5])
    assert len(time.pauses) == 2


@pytest.mark.parametrize(
    "fault",
    [
        client_error("ProvisionedThroughputExceededException"),
        client_error("ThrottlingException"),
        client_error("InternalServerError", 500),
        ReadTimeoutError(endpoint_url="http://nowhere"),
        EndpointConnectionError(endpoint_url="http://nowhere"),
        ConnectionClosedError(endpoint_url="http://nowhere"),
    ],
    ids=str,
)
def test_a_call_that_may_succeed_later_is_made_again(fault: Exception) -> None:
    fake = FakeTable([fault, fault, fault])
    assert write(fake, [item(number) for number in range(3)]) == {}
    assert len(fake.items) == 3


def test_pauses_stay_short_while_a_throttled_table_takes_some_items() -> None:
    fake, time = FakeTable(range(24, 0, -1)), FakeTime()
    assert write(fake, [item(number) for number in range(25)], time=time) == {}
    assert len(time.pauses) == 24
    assert max(time.pauses) <= time.backoff.base


def test_items_that_stay_unprocessed_fail_and_the_others_are_kept() -> None:
    fake = FakeTable([10] + [10] * 1000)
    unstored = write(fake, [item(number) for number in range(25)])
    assert len(fake.items) == 15
    assert set(unstored) == {str(number) for number in range(15, 25)}
    assert all(isinstance(outcome, Failed) for outcome in unstored.values())


def test_a_table_that_is_not_there_fails_every_item_at_once() -> None:
    fake = FakeTable([client_error("ResourceNotFoundException")] * 9)
    unstored = write(fake, [item(number) for number in range(30)])
    assert len(unstored) == 30
    assert len(fake.sizes) == 2
    assert all("ResourceNotFoundException" in outcome.detail for outcome in unstored.values())


@pytest.mark.parametrize("bad", [(0,), (12,), (24,), (3, 20)])
def test_an_item_that_is_refused_is_found_and_the_others_are_stored(bad: tuple[int, ...]) -> None:
    fake = FakeTable(refuses=lambda found: found["pk"]["S"] in {f"id-{number}" for number in bad})
    unstored = write(fake, [item(number) for number in range(25)])
    assert set(unstored) == {str(number) for number in bad}
    assert all(isinstance(outcome, Rejected) for outcome in unstored.values())
    assert len(fake.items) == 25 - len(bad)


def test_a_write_that_could_not_end_in_time_is_not_begun() -> None:
    fake = FakeTable()
    assert len(write(fake, [item(1)], seconds=0.5)) == 1
    assert fake.sizes == []
