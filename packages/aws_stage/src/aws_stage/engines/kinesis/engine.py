"""Kinesis Data Streams: the operations, each on its stream, with every change kept before it is answered."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from typing import Any

from aws_stage.engines.kinesis import describing, reading, resharding, settings
from aws_stage.engines.kinesis.metrics import Metrics
from aws_stage.engines.kinesis.stream import DEFAULT_RECORD_KIB, ON_DEMAND_SHARDS, Stream, uniform_ranges
from aws_stage.engines.kinesis.streams import Streams
from aws_stage.engines.kinesis.writing import Writer
from aws_stage.kernel.engine import AwsError, Call, Handler, Stage
from aws_stage.kernel.settings import ACCOUNT_ID

_NAME = re.compile(r"[a-zA-Z0-9_.-]{1,128}")
MAX_SHARDS = 200
"""The default shard quota outside the three largest regions (Kinesis developer guide, "Quotas and limits")."""

Payload = dict[str, Any]
Change = Callable[[Stream, Payload], Payload | None]


class KinesisEngine:
    """Owns the service: records live in durable shard logs, not in memory."""

    name = "kinesis"
    owns = frozenset({"kinesis"})

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._streams = Streams(
            stage.store(self.name),
            stage.settings.state_dir / "kinesis",
            stage.clock,
            f"arn:aws:kinesis:{stage.settings.region}:{ACCOUNT_ID}:stream/",
            stage.manifest,
        )
        self._streams.load()
        self._metrics = Metrics(lambda: stage.client("cloudwatch"), stage.clock)
        self._writer = Writer(self._metrics, stage.clock.monotonic, enforce_limits=stage.settings.kinesis_limits)
        handlers: dict[str, Handler] = {
            "CreateStream": self._create,
            "DeleteStream": self._delete,
            "DescribeStream": self._look(describing.describe),
            "DescribeStreamSummary": self._look(lambda stream, _: describing.summarise(stream)),
            "ListStreams": self._list_streams,
            "ListShards": self._list_shards,
            "PutRecord": self._put(self._writer.put_record),
            "PutRecords": self._put(self._writer.put_records),
            "GetShardIterator": self._get_iterator,
            "GetRecords": self._get_records,
            "SplitShard": self._change(lambda s, p: resharding.split(s, p, self._streams.now_ms())),
            "MergeShards": self._change(lambda s, p: resharding.merge(s, p, self._streams.now_ms())),
            "UpdateShardCount": self._change(lambda s, p: resharding.update_count(s, p, self._streams.now_ms())),
            "IncreaseStreamRetentionPeriod": self._change(settings.increase_retention),
            "DecreaseStreamRetentionPeriod": self._change(settings.decrease_retention),
            "StartStreamEncryption": self._change(self._start_encryption),
            "StopStreamEncryption": self._change(lambda stream, _: settings.stop_encryption(stream)),
            "EnableEnhancedMonitoring": self._change(settings.enable_monitoring),
            "DisableEnhancedMonitoring": self._change(settings.disable_monitoring),
            "UpdateStreamMode": self._change(settings.update_mode),
            "UpdateMaxRecordSize": self._change(_update_record_size),
            "AddTagsToStream": self._change(lambda stream, payload: settings.add_tags(stream, payload.get("Tags"))),
            "RemoveTagsFromStream": self._change(lambda s, p: settings.remove_tags(s, p.get("TagKeys"))),
            "ListTagsForStream": self._look(settings.list_tags),
            "TagResource": self._change(lambda stream, payload: settings.add_tags(stream, payload.get("Tags"))),
            "UntagResource": self._change(lambda s, p: settings.remove_tags(s, p.get("TagKeys"))),
            "ListTagsForResource": self._look(settings.list_tags),
        }
        self.operations: Mapping[tuple[str, str], Handler] = {
            (self.name, operation): handler for operation, handler in handlers.items()
        }

    def start(self) -> None:
        """Begin to publish metrics."""
        self._metrics.start()

    def stop(self) -> None:
        """Publish the last metrics. No record is waiting to be written: each was on disk before its answer."""
        self._metrics.stop()

    def _create(self, call: Call) -> Payload:
        name, now = call.payload.get("StreamName"), self._streams.now_ms()
        if not isinstance(name, str) or not _NAME.fullmatch(name):
            raise AwsError("ValidationException", f"StreamName must match {_NAME.pattern}, not {name!r}")
        on_demand = settings.is_on_demand(call.payload)
        count = ON_DEMAND_SHARDS if on_demand else call.payload.get("ShardCount")
        if not isinstance(count, int) or count < 1:
            raise AwsError("ValidationException", "A provisioned stream needs a ShardCount of at least 1")
        if count > MAX_SHARDS:
            raise AwsError("LimitExceededException", f"{count} shards are more than the quota of {MAX_SHARDS}")
        size = settings.record_kib(call.payload.get("MaxRecordSizeInKiB", DEFAULT_RECORD_KIB))
        stream = Stream(name, self._streams.arn_prefix + name, now, on_demand, record_kib=size)
        settings.add_tags(stream, call.payload.get("Tags") or {})
        for starting_hash, ending_hash in uniform_ranges(count):
            stream.add_shard(now, starting_hash, ending_hash, [])
        self._streams.create(stream)
        return {}

    def _delete(self, call: Call) -> Payload:
        with self._stream(call.payload) as stream:
            self._streams.delete(stream)
        return {}

    def _list_streams(self, call: Call) -> Payload:
        found = []
        for name in self._streams.names():
            with self._streams.locked(name) as stream:
                found.append(stream)
        return describing.list_streams(found, call.payload)

    def _list_shards(self, call: Call) -> Payload:
        payload = describing.continued(call.payload)
        with self._stream(payload) as stream:
            return describing.list_shards(stream, payload, self._streams.cutoff_ms(stream))

    def _get_iterator(self, call: Call) -> Payload:
        with self._stream(call.payload) as stream:
            return reading.iterator_at(stream, call.payload, self._streams.now_ms(), self._streams.cutoff_ms(stream))

    def _get_records(self, call: Call) -> Payload:
        position = reading.Position.from_token(call.payload.get("ShardIterator"))
        with self._streams.locked(position.stream) as stream:
            now, cutoff = self._streams.now_ms(), self._streams.cutoff_ms(stream)
            return reading.records_at(stream, position, call.payload, now, cutoff, metrics=self._metrics)

    def _start_encryption(self, stream: Stream, payload: Payload) -> None:
        settings.start_encryption(stream, payload, lambda: self._stage.client("kms"))

    def _look(self, describe: Callable[[Stream, Payload], Payload]) -> Handler:
        def handler(call: Call) -> Payload:
            with self._stream(call.payload) as stream:
                return describe(stream, call.payload)

        return handler

    def _change(self, change: Change) -> Handler:
        def handler(call: Call) -> Payload:
            with self._stream(call.payload) as stream:
                answer = change(stream, call.payload)
                self._streams.save(stream)
            self._stage.signals.send(stream.arn)
            return answer or {}

        return handler

    def _put(self, put: Callable[[Stream, Payload, int], Payload]) -> Handler:
        def handler(call: Call) -> Payload:
            with self._stream(call.payload) as stream:
                answer = put(stream, call.payload, self._streams.now_ms())
            self._stage.signals.send(stream.arn)
            return answer

        return handler

    def _stream(self, payload: Payload) -> AbstractContextManager[Stream]:
        arn = payload.get("StreamARN") or payload.get("ResourceARN")
        name = payload.get("StreamName")
        if arn is not None:
            prefix, _, in_arn = str(arn).partition(":stream/")
            if f"{prefix}:stream/" != self._streams.arn_prefix or "/" in in_arn:
                raise AwsError("ResourceNotFoundException", f"{arn} is not a stream of this account and region.")
            if name not in (None, in_arn):
                raise AwsError("InvalidArgumentException", f"StreamARN {arn} does not name StreamName {name}.")
            name = in_arn
        if not isinstance(name, str):
            raise AwsError("InvalidArgumentException", "Either StreamName or StreamARN is required.")
        return self._streams.locked(name)


def _update_record_size(stream: Stream, payload: Payload) -> None:
    stream.record_kib = settings.record_kib(payload.get("MaxRecordSizeInKiB"))
