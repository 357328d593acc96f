"""The ordered buffer, driven by every sequence of steps that hypothesis thinks of."""

from __future__ import annotations

from collections import defaultdict

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from datastreamer.sensor.kinesis.ordered_buffer import OrderedBuffer
from datastreamer.sensor.kinesis.record import Record

LIMIT = 200


class BufferMachine(RuleBasedStateMachine):
    """Adds, takes, acknowledges and retries in any order; checks order, limits and counts."""

    def __init__(self) -> None:
        super().__init__()
        self.buffer = OrderedBuffer(LIMIT)
        self.now = 0.0
        self.number = 0
        self.waiting: dict[str, list[Record]] = defaultdict(list)
        self.out: dict[str, Record] = {}
        self.not_before: dict[str, float] = {}

    @rule(key=st.sampled_from("abcd"), size=st.integers(0, 60))
    def add(self, key: str, size: int) -> None:
        record = Record(key, bytes(size), lines=1 + size % 3)
        self.buffer.add(record)
        self.waiting[key].append(record)

    @rule(most=st.integers(1, 5), size=st.integers(1, 100))
    def take(self, most: int, size: int) -> None:
        batch = self.buffer.take(self.now, most, size)
        assert len(batch) <= most
        assert len(batch) <= 1 or sum(record.size for record in batch) <= size
        for record in batch:
            assert record.key not in self.out, "only one of a key is out"
            assert record is self.waiting[record.key][0], "the first of its key comes out first"
            assert self.not_before.get(record.key, 0.0) <= self.now
            self.out[record.key] = record

    @rule(data=st.data())
    def acknowledge(self, data: st.DataObject) -> None:
        if self.out:
            record = self.out.pop(data.draw(st.sampled_from(sorted(self.out))))
            self.buffer.acknowledge(record)
            self.waiting[record.key].pop(0)
            self.not_before.pop(record.key, None)

    @rule(data=st.data(), delay=st.floats(0, 5))
    def retry(self, data: st.DataObject, delay: float) -> None:
        if self.out:
            record = self.out.pop(data.draw(st.sampled_from(sorted(self.out))))
            before = self.buffer.attempts(record)
            self.buffer.retry(record, self.now + delay)
            assert self.buffer.attempts(record) == before + 1
            self.not_before[record.key] = self.now + delay

    @rule(seconds=st.floats(0, 3))
    def wait(self, seconds: float) -> None:
        self.now += seconds

    @invariant()
    def counts_are_true(self) -> None:
        records = [record for lane in self.waiting.values() for record in lane]
        assert self.buffer.records == len(records)
        assert self.buffer.bytes == sum(record.size for record in records)
        assert self.buffer.lines == sum(record.lines for record in records)
        assert self.buffer.lines_in_flight == sum(record.lines for record in self.out.values())
        assert self.buffer.has_room() == (self.buffer.bytes < LIMIT)

    def teardown(self) -> None:
        self.now += 100.0
        for _ in range(self.buffer.records):
            for record in list(self.out.values()) or self.buffer.take(self.now, 500, 10_000):
                self.buffer.acknowledge(record)
                assert self.waiting[record.key].pop(0) is record
                self.out.pop(record.key, None)
        assert self.buffer.records == 0
        assert not any(self.waiting.values()), "everything comes out at last"


TestBuffer = BufferMachine.TestCase
TestBuffer.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
