"""Sends the batches of one shard to the function, and those that are given up to the on-failure destination."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass

from botocore.exceptions import BotoCoreError, ClientError
from urllib3.exceptions import HTTPError

from aws_stage.engines.event_source_mapping.events import Events
from aws_stage.engines.event_source_mapping.failure_destination import FailureDestination, invocation_record
from aws_stage.engines.event_source_mapping.invocation import StageCalls
from aws_stage.engines.event_source_mapping.lane import Condition
from aws_stage.engines.event_source_mapping.monitoring import Monitor
from aws_stage.engines.event_source_mapping.options import Options
from aws_stage.engines.event_source_mapping.records import Batch
from aws_stage.engines.event_source_mapping.tumbling_window import TumblingWindow
from aws_stage.engines.event_source_mapping.verdict import NotInvoked, Succeeded, Verdict, judge
from aws_stage.kernel.clock import Clock

logger = logging.getLogger("aws_stage.event_source_mapping")

DELIVERY_DELAYS = (0.2, 1.0)
"""Seconds before the further attempts to send to a destination."""

OK = "OK"
CALL_FAILED = "PROBLEM: Function call failed"


@dataclass(frozen=True)
class Delivery:
    """``result`` is told each LastProcessingResult."""

    calls: StageCalls
    clock: Clock
    events: Events
    options: Options
    monitor: Monitor
    result: Callable[[str], None]
    function_arn: str
    stream_arn: str
    shard_id: str
    destination: FailureDestination | None

    def invoke(self, batch: Batch, window: TumblingWindow | None) -> Verdict:
        """Invoke the function and wait for its answer."""
        if batch.records:
            self.monitor.age(self.clock.now().timestamp() - batch.records[-1].arrival)
        try:
            answer = self.calls.invoke(self.function_arn, self.events.event(batch, window))
        except HTTPError as error:
            verdict: Verdict = NotInvoked(f"{type(error).__name__}: {error}")
        else:
            batch.answer = answer
            verdict = judge(answer, batch, self.options)
        if isinstance(verdict, NotInvoked):
            logger.info("%s was not invoked: %s", self.function_arn, verdict.reason)
            self.monitor.failed(len(batch.records))
        else:
            self.monitor.invoked(len(batch.records))
            if not isinstance(verdict, Succeeded):
                self.monitor.failed(len(batch.records) - verdict.first)
        self.result(OK if isinstance(verdict, Succeeded) else CALL_FAILED)
        return verdict

    def discard(self, batch: Batch, condition: Condition, window: TumblingWindow | None) -> None:
        """Give a batch up, for good."""
        count = len(batch.records)
        logger.warning("%s: %d records of %s given up: %s", self.function_arn, count, self.shard_id, condition)
        if self.destination is None or not self._deliver(self.destination, batch, condition, window):
            self.monitor.dropped(count)
        else:
            self.monitor.delivered(count)

    def _deliver(
        self, destination: FailureDestination, batch: Batch, condition: Condition, window: TumblingWindow | None
    ) -> bool:
        record = invocation_record(
            batch,
            condition,
            function_arn=self.function_arn,
            stream_arn=self.stream_arn,
            shard_id=self.shard_id,
            now=self.clock.now(),
        )
        for delay in (*DELIVERY_DELAYS, None):
            try:
                destination.deliver(record, lambda: self.events.event(batch, window))
            except (ClientError, BotoCoreError) as error:
                logger.warning("the on-failure destination of %s: %s", self.function_arn, error)
                if delay is not None:
                    self.clock.sleep(delay)
            else:
                return True
        self.monitor.undeliverable()
        return False
