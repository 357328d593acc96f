"""The size of an event is foreseen by its lane, whatever is in it."""

from __future__ import annotations

import orjson
import pytest
from aws_stage.engines.event_source_mapping.events import Events
from aws_stage.engines.event_source_mapping.lane import PAYLOAD_BYTES, Discard, Invoke, Lane
from aws_stage.engines.event_source_mapping.options import Options
from aws_stage.engines.event_source_mapping.records import Batch, Record, WindowPart
from aws_stage.engines.event_source_mapping.tumbling_window import TumblingWindow

STREAM = "arn:aws:kinesis:ap-northeast-1:000000000000:stream/s"
GRANTED = PAYLOAD_BYTES + 100
"""What Lambda takes: 6,291,556 bytes."""


def events() -> Events:
    return Events(STREAM, "shardId-000000000000", "arn:aws:iam::000000000000:role/r")


def full_batch(data: str, key: str, window: TumblingWindow | None = None) -> bytes:
    """The first event of a lane that has far more records than fit one payload."""
    made = events()
    lane = Lane(Options(batch_size=10_000, window=300, tumbling=60 if window else 0), made.overhead, window)
    record = Record(0, "4" * 56, key, data, 1_795_166_446.581)
    count = 2 * PAYLOAD_BYTES // (len(data) + made.overhead)
    lane.offer([record._replace(ordinal=number) for number in range(min(count, 20_000))], 0.0)
    step = lane.next(0.0)
    assert isinstance(step, Invoke)
    return made.event(step.batch, window)


@pytest.mark.parametrize("key", ["k", "sensor-000001", '"\\\n' * 20, "日本" * 20, "\x01" * 40])
@pytest.mark.parametrize("size", [3_000, 400_000])
def test_a_full_batch_fits_the_payload_and_one_more_record_would_not(key: str, size: int) -> None:
    assert GRANTED - size - 2_000 < len(full_batch("x" * size, key)) <= GRANTED


def test_the_state_of_a_window_takes_room_from_its_records() -> None:
    window = TumblingWindow(60)
    window.start = 1_795_166_400
    window.advance(WindowPart(1_795_166_400, 1_795_166_460), {"text": "x" * 1_000_000})
    assert GRANTED - 5_000 < len(full_batch("x" * 3_000, "k", window)) <= GRANTED


def test_a_record_that_fits_no_payload_beside_the_state_is_given_up() -> None:
    window = TumblingWindow(60)
    window.start = 1_795_166_400
    window.advance(WindowPart(1_795_166_400, 1_795_166_460), {"text": "x" * 1_000_000})
    made = events()
    lane = Lane(Options(tumbling=60), made.overhead, window)
    lane.offer([Record(0, "4" * 56, "k", "x" * (PAYLOAD_BYTES - 900_000), 1_795_166_446.581)], 0.0)
    step = lane.next(0.0)
    assert isinstance(step, Discard)
    assert step.condition == "MaximumPayloadSizeExceeded"


def test_an_event_outside_a_window_has_records_alone() -> None:
    event = orjson.loads(events().event(Batch([Record(0, "1", "k", "eA==", 1.5)]), None))
    assert event.keys() == {"Records"}


def test_an_event_of_a_window_tells_the_window_and_its_state() -> None:
    window = TumblingWindow(60)
    window.start = 120
    batch = Batch([], WindowPart(120, 180, final=True, early=True))
    assert orjson.loads(events().event(batch, window)) == {
        "Records": [],
        "window": {"start": "1970-01-01T00:02:00Z", "end": "1970-01-01T00:03:00Z"},
        "state": {},
        "shardId": "shardId-000000000000",
        "eventSourceARN": STREAM,
        "isFinalInvokeForWindow": True,
        "isWindowTerminatedEarly": True,
    }
