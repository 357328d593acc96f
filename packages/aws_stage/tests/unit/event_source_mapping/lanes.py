"""A lane driven by hand: what it would do at each moment, with a function that answers as told."""

from __future__ import annotations

from dataclasses import dataclass, field

from aws_stage.engines.event_source_mapping.lane import Discard, Invoke, Lane, Step
from aws_stage.engines.event_source_mapping.options import Options
from aws_stage.engines.event_source_mapping.records import Record
from aws_stage.engines.event_source_mapping.tumbling_window import TumblingWindow
from aws_stage.engines.event_source_mapping.verdict import Verdict

OVERHEAD = 400


def record(ordinal: int, *, arrival: float = 0.0, data: str = "", key: str = "k") -> Record:
    return Record(ordinal, str(1000 + ordinal), key, data or str(ordinal), arrival)


def records(*ordinals: int, arrival: float = 0.0) -> list[Record]:
    return [record(ordinal, arrival=arrival) for ordinal in ordinals]


@dataclass
class Driver:
    """Takes a lane's steps; times are in seconds."""

    lane: Lane
    now: float = 0.0
    invoked: list[list[int]] = field(default_factory=list)
    discarded: list[tuple[list[int], str]] = field(default_factory=list)

    @classmethod
    def of(cls, options: Options, window: TumblingWindow | None = None) -> Driver:
        return cls(Lane(options, OVERHEAD, window))

    def offer(self, *ordinals: int, arrival: float = 0.0) -> None:
        self.lane.offer(records(*ordinals, arrival=arrival), self.now)

    def step(self) -> Step:
        return self.lane.next(self.now)

    def take(self, *verdicts: Verdict) -> None:
        """Take a step for each verdict, which is the answer if the step invokes; waits are waited for."""
        for verdict in verdicts:
            step = self._wait()
            assert isinstance(step, Invoke), step
            self.invoked.append([each.ordinal for each in step.batch.records])
            self.lane.conclude(step.batch, verdict, self.now)

    def drop(self) -> None:
        """Take a step that gives a batch up."""
        step = self._wait()
        assert isinstance(step, Discard), step
        self.discarded.append(([each.ordinal for each in step.batch.records], step.condition))
        self.lane.discarded(step.batch)

    def _wait(self) -> Step:
        step = self.step()
        while not isinstance(step, Invoke | Discard):
            assert step.seconds is not None, "the lane waits for records"
            self.now += max(step.seconds, 0.001)
            step = self.step()
        return step
