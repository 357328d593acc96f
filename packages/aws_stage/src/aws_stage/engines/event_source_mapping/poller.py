"""Polls the stream of one mapping: a ``Shard`` for each shard that is due, children after their parents."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from aws_stage.engines.event_source_mapping.control_plane.mapping import EventSourceMapping
from aws_stage.engines.event_source_mapping.delivery import Delivery
from aws_stage.engines.event_source_mapping.events import Events
from aws_stage.engines.event_source_mapping.failure_destination import FailureDestination
from aws_stage.engines.event_source_mapping.filters.event_filter import EventFilter
from aws_stage.engines.event_source_mapping.invocation import StageCalls
from aws_stage.engines.event_source_mapping.lane import Lane
from aws_stage.engines.event_source_mapping.monitoring import Monitor
from aws_stage.engines.event_source_mapping.options import Options
from aws_stage.engines.event_source_mapping.positions import Position, Positions
from aws_stage.engines.event_source_mapping.shard import Shard
from aws_stage.engines.event_source_mapping.shard_reader import Kept, ShardReader, Start
from aws_stage.engines.event_source_mapping.tumbling_window import TumblingWindow
from aws_stage.kernel.engine import Stage
from aws_stage.kernel.metric_sets import MetricSets

logger = logging.getLogger("aws_stage.event_source_mapping")

LIST_SECONDS = 30.0
"""How often the stream is asked for its shards without a reason."""
RETRY_SECONDS = 1.0
_PARENTS = ("ParentShardId", "AdjacentParentShardId")


class Poller:
    """``started`` is called once the shards are known, or could not be listed; ``result`` at each processing result."""

    def __init__(
        self,
        stage: Stage,
        calls: StageCalls,
        metrics: MetricSets,
        mapping: EventSourceMapping,
        *,
        started: Callable[[], None],
        result: Callable[[str], None],
    ) -> None:
        self._stage = stage
        self._calls = calls
        self._mapping = mapping
        self._started = started
        self._result = result
        self._options = Options.from_configuration(mapping.configuration)
        self._filter = EventFilter.of(mapping.patterns) if mapping.patterns else None
        function = mapping.function_arn.split(":")[6]
        self._monitor = Monitor(metrics, mapping.uuid, function, event_counts=mapping.event_counts)
        destination = mapping.failure_destination
        self._destination = (
            FailureDestination(stage.client, stage.clock, destination, mapping.uuid) if destination else None
        )
        self._shards: dict[str, Shard] = {}
        self._positions: Positions | None = None
        self._created = 0.0
        self._listed: set[str] | None = None
        self._wake = threading.Event()
        self._stopping = False
        self._unlisten: Callable[[], None] = lambda: None
        self._thread = threading.Thread(target=self._run, name=f"esm-{mapping.uuid}", daemon=True)

    def start(self) -> None:
        """Begin to poll."""
        self._unlisten = self._stage.signals.listen(self._mapping.stream_arn, self._arrived)
        self._thread.start()

    def stop(self) -> None:
        """Begin to end; ``join`` waits for it."""
        self._unlisten()
        self._stopping = True
        self._wake.set()
        for shard in list(self._shards.values()):
            shard.stop()

    def join(self, seconds: float | None = None) -> None:
        """Wait until no invocation runs any more, at most so long."""
        deadline = None if seconds is None else time.monotonic() + seconds
        self._thread.join(seconds)
        for shard in list(self._shards.values()):
            shard.stop()
            shard.join(deadline)

    def _arrived(self) -> None:
        for shard in list(self._shards.values()):
            shard.wake()

    def _run(self) -> None:
        first = True
        while not self._stopping:
            delay = LIST_SECONDS
            try:
                self._follow()
            except (ClientError, BotoCoreError) as error:
                logger.warning("mapping %s: %s", self._mapping.uuid, error)
                self._result(f"PROBLEM: {error}")
                delay = RETRY_SECONDS
            except Exception:
                logger.exception("mapping %s: its shards could not be listed", self._mapping.uuid)
                delay = RETRY_SECONDS
            if first:
                self._started()
                first = False
            self._wake.wait(delay)
            self._wake.clear()

    def _follow(self) -> None:
        """Start what is due, stop what is gone."""
        kinesis = self._stage.client("kinesis")
        arn = self._mapping.stream_arn
        summary = kinesis.describe_stream_summary(StreamARN=arn)["StreamDescriptionSummary"]
        created = summary["StreamCreationTimestamp"].timestamp()
        if created != self._created:
            self._retire(set(self._shards))
            self._created, self._listed = created, None
        positions = Positions(self._stage.store("event_source_mapping"), self._mapping.uuid, created)
        listed = _list_shards(kinesis, arn)
        self._retire(self._shards.keys() - listed.keys())
        kept = positions.all()
        positions.forget(kept.keys() - listed.keys())
        if self._listed is not None:
            # No clock is asked where a shard begins that was not there before: a clock may have been set since.
            for shard_id in listed.keys() - self._listed - kept.keys():
                kept[shard_id] = Position(Kept())
                positions.save(shard_id, kept[shard_id])
        self._listed = set(listed)
        role = ""
        for shard_id, parents in listed.items():
            position = kept.get(shard_id)
            if self._stopping or shard_id in self._shards or (position is not None and position.ended):
                continue
            if all(parent not in listed or (parent in kept and kept[parent].ended) for parent in parents):
                role = role or self._role()
                self._shards[shard_id] = self._shard(shard_id, position, positions, role)
                self._shards[shard_id].start()

    def _shard(self, shard_id: str, position: Position | None, positions: Positions, role: str) -> Shard:
        mapping, options = self._mapping, self._options
        events = Events(mapping.stream_arn, shard_id, role)
        reader = ShardReader(
            self._stage.client("kinesis"),
            self._calls,
            {"StreamARN": mapping.stream_arn, "ShardId": shard_id},
            Start(mapping.start),
            position.kept if position else None,
            clock=self._stage.clock,
        )
        window = TumblingWindow(options.tumbling, position.window if position else None) if options.tumbling else None
        delivery = Delivery(
            calls=self._calls,
            clock=self._stage.clock,
            events=events,
            options=options,
            monitor=self._monitor,
            result=self._result,
            function_arn=mapping.function_arn,
            stream_arn=mapping.stream_arn,
            shard_id=shard_id,
            destination=self._destination,
        )
        return Shard(
            reader,
            [Lane(options, events.overhead, window) for _ in range(options.lanes)],
            delivery,
            position=position,
            select=(lambda records: records) if self._filter is None else self._filter.select(events.record),
            save=lambda kept: positions.save(shard_id, kept),
            problem=self._unreadable,
            on_end=self._wake.set,
            clock=self._stage.clock,
        )

    def _unreadable(self, problem: str) -> None:
        """A shard could not be read: perhaps it is gone, or the stream was made anew."""
        self._result(problem)
        self._wake.set()

    def _retire(self, shard_ids: set[str]) -> None:
        for shard_id in shard_ids:
            shard = self._shards.pop(shard_id)
            shard.stop()
            shard.join()

    def _role(self) -> str:
        configuration = self._stage.client("lambda").get_function_configuration(FunctionName=self._mapping.function_arn)
        role: str = configuration["Role"]
        return role


def _list_shards(kinesis: Any, stream_arn: str) -> dict[str, tuple[str, ...]]:
    """Each shard's parents, by shard."""
    listed: dict[str, tuple[str, ...]] = {}
    request: dict[str, Any] = {"StreamARN": stream_arn}
    while True:
        page = kinesis.list_shards(**request)
        for item in page["Shards"]:
            listed[item["ShardId"]] = tuple(item[name] for name in _PARENTS if name in item)
        if "NextToken" not in page:
            return listed
        request = {"NextToken": page["NextToken"]}
