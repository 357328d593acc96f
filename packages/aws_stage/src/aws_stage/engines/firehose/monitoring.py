"""What a delivery stream tells CloudWatch: metrics in ``AWS/Firehose`` and error records in its log stream.

Names and units: Amazon Data Firehose Developer Guide, "Monitor Amazon Data Firehose using CloudWatch metrics" and
"… CloudWatch Logs". Monitoring never stands in the way of a delivery: what CloudWatch does not take is reported in the
stage's own log.
"""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Callable, Sequence
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from aws_stage.engines.firehose.delivery_stream import KINESIS, DeliveryStream
from aws_stage.engines.firehose.destination import LogTarget
from aws_stage.kernel.clock import Clock
from aws_stage.kernel.metric_backlog import Backlog

logger = logging.getLogger("aws_stage.firehose")

NAMESPACE = "AWS/Firehose"
PUBLISH_INTERVAL = 10.0
"""Seconds between two PutMetricData calls; AWS publishes every minute, which is long for somebody who watches."""


class Monitor:
    """Collects the metrics of one delivery stream and publishes them as statistic sets. Safe between threads."""

    def __init__(self, client: Callable[[str], Any], clock: Clock, current: Callable[[], DeliveryStream]) -> None:
        self._client = client
        self._clock = clock
        self._current = current
        self._lock = threading.Lock()
        self._sets: dict[tuple[str, str], dict[str, float]] = {}
        self._published = clock.monotonic()
        self._backlog: Backlog[dict[str, Any]] = Backlog(NAMESPACE)

    def read(self, records: int, size: int, behind: float | None) -> None:
        """Records were taken from the source; ``behind`` in seconds."""
        if self._current().kind == KINESIS:
            self._add("DataReadFromKinesisStream.Records", "Count", records)
            self._add("DataReadFromKinesisStream.Bytes", "Bytes", size)
            if behind is not None:
                self._add("KinesisMillisBehindLatest", "Milliseconds", behind * 1000)

    def throttled(self) -> None:
        """Kinesis refused a GetRecords for its rate."""
        self._add("ThrottledGetRecords", "Count", 1)

    def received(self, operation: str, records: int, size: int) -> None:
        """``PutRecord`` or ``PutRecordBatch`` was accepted."""
        self._add("IncomingPutRequests", "Count", 1)
        self._add("IncomingRecords", "Count", records)
        self._add("IncomingBytes", "Bytes", size)
        self._add(f"{operation}.Requests", "Count", 1)
        self._add(f"{operation}.Bytes", "Bytes", size)
        if operation == "PutRecordBatch":
            self._add("PutRecordBatch.Records", "Count", records)

    def transformed(self, succeeded: int, seconds: float) -> None:
        """A batch came back from its function after ``seconds``, with ``succeeded`` records delivered or dropped."""
        self._add("ExecuteProcessing.Duration", "Milliseconds", seconds * 1000)
        self._add("ExecuteProcessing.Success", "Count", 1 if succeeded else 0)
        self._add("SucceedProcessing.Records", "Count", succeeded)

    def delivered(self, kind: str, records: int, size: int, objects: int, oldest: float) -> None:
        """``kind`` is ``DeliveryToS3`` or ``BackupToS3``; ``oldest`` is an arrival in seconds since the epoch."""
        self._add(f"{kind}.Records", "Count", records)
        self._add(f"{kind}.Bytes", "Bytes", size)
        self._add(f"{kind}.ObjectCount", "Count", objects)
        self._add(f"{kind}.Success", "Count", 1)
        self._add(f"{kind}.DataFreshness", "Seconds", max(0.0, self._now() - oldest))

    def indexed(self, records: int, size: int, oldest: float, *, whole: bool) -> None:
        """Documents are in OpenSearch: ``records`` of them, all of the delivery where ``whole``."""
        kind = "DeliveryToAmazonOpenSearchService"
        self._add(f"{kind}.Records", "Count", records)
        self._add(f"{kind}.Bytes", "Bytes", size)
        self._add(f"{kind}.Success", "Count", 1 if whole else 0)
        self._add(f"{kind}.DataFreshness", "Seconds", max(0.0, self._now() - oldest))

    def not_indexed(self, oldest: float) -> None:
        """OpenSearch did not take a delivery, or not all of it; it is tried again."""
        self._add("DeliveryToAmazonOpenSearchService.Success", "Count", 0)
        self._add("DeliveryToAmazonOpenSearchService.DataFreshness", "Seconds", max(0.0, self._now() - oldest))

    def put_failed(self, oldest: float) -> None:
        """S3 did not take a delivery; records grow older."""
        self._add("DeliveryToS3.Success", "Count", 0)
        self._add("DeliveryToS3.DataFreshness", "Seconds", max(0.0, self._now() - oldest))

    def error(self, target: LogTarget | None, destination: str, code: str, message: str) -> None:
        """Write an error record to the stream's CloudWatch log stream, when it has one."""
        if target is None:
            return
        stream = self._current()
        document = {
            "deliveryStreamARN": stream.arn,
            "destination": destination,
            "deliveryStreamVersionId": stream.version,
            "message": message,
            "errorCode": code,
        }
        event = {"timestamp": round(self._now() * 1000), "message": json.dumps(document)}
        try:
            self._client("logs").put_log_events(
                logGroupName=target.group, logStreamName=target.stream, logEvents=[event]
            )
        except (ClientError, BotoCoreError) as error:
            logger.warning("%s: no error record could be written: %s", stream.name, error)

    def publish(self, *, now: bool = False) -> None:
        """Send what was collected when the interval is over, or at once."""
        passed = self._clock.monotonic()
        with self._lock:
            if not now and passed - self._published < PUBLISH_INTERVAL:
                return
            sets, self._sets = self._sets, {}
            self._published = passed
        if not sets:
            return
        name, moment = self._current().name, self._clock.now()
        data = [
            {
                "MetricName": metric,
                "Dimensions": [{"Name": "DeliveryStreamName", "Value": name}],
                "Timestamp": moment,
                "StatisticValues": statistics,
                "Unit": unit,
            }
            for (metric, unit), statistics in sets.items()
        ]

        def send(batch: Sequence[dict[str, Any]]) -> None:
            self._client("cloudwatch").put_metric_data(Namespace=NAMESPACE, MetricData=list(batch))

        try:
            self._backlog.put(data, send)
        except (ClientError, BotoCoreError) as error:
            logger.warning("%s: metrics could not be published, and wait: %s", name, error)

    def _add(self, name: str, unit: str, value: float) -> None:
        with self._lock:
            found = self._sets.get((name, unit))
            if found is None:
                self._sets[name, unit] = {"SampleCount": 1, "Sum": value, "Minimum": value, "Maximum": value}
                return
            found["SampleCount"] += 1
            found["Sum"] += value
            found["Minimum"] = min(found["Minimum"], value)
            found["Maximum"] = max(found["Maximum"], value)

    def _now(self) -> float:
        return self._clock.now().timestamp()
