"""The state of a stack, part by part, as AWS reports it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from botocore.exceptions import ClientError

from datastreamer.aws.faults import is_missing
from datastreamer.aws.status import MISSING, NewClient, Part, ringing_alarms
from datastreamer.errors import ConfigurationError
from datastreamer.inference.names import Names
from datastreamer.inference.reprocessing.parked import SINGLE_RECORDS, WHOLE_BATCHES
from datastreamer.inference.resources.endpoints import describe_endpoint
from datastreamer.inference.resources.functions import METRIC_NAMESPACE
from datastreamer.inference.resources.processors import Mapping, Processor
from datastreamer.inference.resources.streams import describe_stream
from datastreamer.inference.resources.tables import describe_table
from datastreamer.inference.stack.endpoint_health import endpoint_health
from datastreamer.inference.stack.figures import Metric, figures
from datastreamer.wording import counted as number_of

NOW = timedelta(minutes=5)
A_DAY = timedelta(hours=24)
MOST_LAG_MS = 60_000
"""The same as the alarm's (iterator_age_alarm_seconds in terraform/pipelines/inference/variables.tf)."""
MOST_COUNTED = 1_000
"""Parked objects are counted so far: a page of a listing."""
UNDER_WAY = frozenset(
    {"CREATING", "UPDATING", "ENABLING", "PENDING", "INPROGRESS", "SYSTEMUPDATING", "UPDATEINPROGRESS"}
)


@dataclass(frozen=True)
class Wiring:
    """The resources of a stack, by name."""

    stream: str
    function: str
    endpoint: str
    table: str
    bucket: str

    @classmethod
    def of(cls, names: Names, processor: Processor | None) -> Wiring:
        """As the processor connects them; by their conventional names where there is none."""
        if processor is None:
            return cls(names.stream, names.function, names.endpoint, names.table, names.dlq_bucket)
        stream = processor.mappings[0].stream if processor.mappings else names.stream
        bucket = processor.bucket or names.dlq_bucket
        return cls(stream, processor.name, processor.endpoint, processor.table, bucket)


def stack_parts(client: NewClient, names: Names, processor: Processor | None, now: datetime) -> list[Part]:
    """Ask every part how it is; a part that does not exist is unhealthy and says MISSING."""
    wiring = Wiring.of(names, processor)
    counted = figures(client("cloudwatch"), _metrics(wiring, processor), now)
    return [
        _ask("stream", wiring.stream, lambda: _stream(client, wiring, counted), "create-stream"),
        *_processor(wiring, processor, counted),
        _ask("endpoint", wiring.endpoint, lambda: _endpoint(client, wiring, now), "create-endpoint"),
        _ask("table", wiring.table, lambda: _table(client, wiring), "create-table"),
        *_failures(client, wiring),
        *_alarms(client, names, wiring),
    ]


def _metrics(wiring: Wiring, processor: Processor | None) -> dict[str, Metric]:
    stream, function = {"StreamName": wiring.stream}, {"FunctionName": wiring.function}
    service = {"service": wiring.function}
    metrics = {
        "incoming": Metric("AWS/Kinesis", "IncomingRecords", stream),
        "incoming_day": Metric("AWS/Kinesis", "IncomingRecords", stream, window=A_DAY),
        "age": Metric("AWS/Lambda", "IteratorAge", function, "Maximum"),
        "age_now": Metric("AWS/Lambda", "IteratorAge", function, "Maximum", window=NOW),
        "invocations": Metric("AWS/Lambda", "Invocations", function),
        "errors": Metric("AWS/Lambda", "Errors", function),
        "errors_now": Metric("AWS/Lambda", "Errors", function, window=NOW),
        "scored_day": Metric(METRIC_NAMESPACE, "RecordsScored", service, window=A_DAY),
        "parked_day": Metric(METRIC_NAMESPACE, "RecordsParked", service, window=A_DAY),
        "throttles": Metric("AWS/Lambda", "Throttles", function),
    }
    if processor and processor.mappings:
        mapping = {"EventSourceMappingUUID": processor.mappings[0].uuid}
        given_up = "OnFailureDestinationDeliveredEventCount"
        metrics["given_up_day"] = Metric("AWS/Lambda", given_up, mapping, window=A_DAY)
    return metrics


def _ask(name: str, resource: str, check: Callable[[], Part], command: str) -> Part:
    """``command`` makes what is missing."""
    try:
        return check()
    except ConfigurationError:
        return Part(name, resource, MISSING, healthy=False, detail=f"to make it: {command}")


def _good(state: str, *good: str) -> bool:
    return state.upper() in good or state.upper().replace(" ", "") in UNDER_WAY


def _stream(client: NewClient, wiring: Wiring, counted: dict[str, float | None]) -> Part:
    found = describe_stream(client("kinesis"), wiring.stream)
    detail = f"{number_of(found.shards, 'shard')}, {number_of(counted['incoming'] or 0, 'record')} in 15 min"
    return Part("stream", wiring.stream, found.status, _good(found.status, "ACTIVE"), detail)


def _processor(wiring: Wiring, processor: Processor | None, counted: dict[str, float | None]) -> Iterator[Part]:
    if processor is None:
        yield Part("processor", wiring.function, MISSING, healthy=False)
        return
    errors = counted["errors"] or 0
    runs = f"{counted['invocations'] or 0:,.0f} runs, {errors:,.0f} errors, {counted['throttles'] or 0:,.0f} throttles"
    failing = bool(counted["errors_now"])
    state = processor.state if processor.state != "Active" or not failing else "Failing"
    healthy = _good(processor.state, "ACTIVE") and not failing
    yield Part("processor", processor.name, state, healthy, f"{runs} in 15 min")
    if not processor.mappings:
        yield Part("reading", wiring.stream, MISSING, healthy=False, detail="nothing feeds the processor")
    for mapping in processor.mappings:
        healthy = _good(mapping.state, "ENABLED")
        trouble = mapping.result.startswith("PROBLEM")
        yield Part("reading", mapping.stream, mapping.state, healthy, mapping.result, attention=trouble)
        yield _lag(mapping, counted)


def _lag(mapping: Mapping, counted: dict[str, float | None]) -> Part:
    """How old a record was when the function got it last, and how many of the day's records are not settled yet.

    An old record that came just now is behind, whatever the counters say: a record that is delivered again and again
    is counted as incoming once, and its neighbours as scored more than once.
    """
    age, waiting = counted["age"], _waiting(mapping, counted)
    detail = "" if waiting is None else f"at least {number_of(waiting, 'record')} not scored yet"
    if waiting == 0:
        detail = "no counted record waits"
    behind = (counted["age_now"] or 0.0) > MOST_LAG_MS
    if waiting == 0 and not behind:
        last = "" if age is None else f"; the last batch waited {age / 1000:,.1f} s"
        return Part("lag", mapping.stream, "none", healthy=True, detail=f"{detail}{last}")
    if age is not None:
        return Part("lag", mapping.stream, f"{age / 1000:,.1f} s", age <= MOST_LAG_MS, detail)
    if waiting and mapping.result != "OK":
        return Part("lag", mapping.stream, "stalled", healthy=False, detail=detail)
    return Part("lag", mapping.stream, "idle", healthy=True, detail=detail or "nothing read in 15 min")


def _waiting(mapping: Mapping, counted: dict[str, float | None]) -> float | None:
    """Records of the last 24 hours that CloudWatch has counted, without an end; None where it cannot be told.

    Each record is scored, parked or given up, and counted as one of these once. Kinesis's count of what came lags
    behind the processor's of what it settled, so there may be more. Where reading did not begin with the stream, what
    came before never is.
    """
    incoming = counted["incoming_day"]
    if incoming is None or mapping.position != "TRIM_HORIZON":
        return None
    settled = sum(counted[name] or 0.0 for name in ("scored_day", "parked_day", "given_up_day"))
    return max(0.0, incoming - settled)


def _endpoint(client: NewClient, wiring: Wiring, now: datetime) -> Part:
    """What to do about a model of which most calls fail is said with what is wrong with it."""
    found = describe_endpoint(client("sagemaker"), wiring.endpoint)
    health = endpoint_health(client("cloudwatch"), found, wiring.function, now)
    calls = f"{health.calls:,.0f} calls, {health.refused:,.0f} 4xx, {health.broken:,.0f} 5xx"
    details = [found.failure or f"{calls} in 15 min"]
    if health.failing:
        advice = f"datastreamer inference rollback {wiring.endpoint}"
        log = f"/aws/sagemaker/Endpoints/{wiring.endpoint}"
        details = [f"{health.failing}. To go back to what served before: {advice}; its log: {log}"]
    if health.unnamed:
        details.append(f"{number_of(health.unnamed, 'prediction')} without a model's name: see the processor's log")
    healthy = _good(found.status, "INSERVICE") and not health.failing
    state = "Failing" if health.failing and found.status == "InService" else found.status
    return Part("endpoint", wiring.endpoint, state, healthy, "; ".join(details), attention=bool(health.unnamed))


def _table(client: NewClient, wiring: Wiring) -> Part:
    found = describe_table(client("dynamodb"), wiring.table)
    detail = f"about {number_of(found.items, 'item')}"
    return Part("table", wiring.table, found.status, _good(found.status, "ACTIVE"), detail)


def _failures(client: NewClient, wiring: Wiring) -> Iterator[Part]:
    s3 = client("s3")
    kinds = (("parked records", SINGLE_RECORDS, True), ("given up batches", WHOLE_BATCHES, False))
    for name, prefix, expected in kinds:
        try:
            listed = s3.list_objects_v2(Bucket=wiring.bucket, Prefix=prefix, MaxKeys=MOST_COUNTED)
        except ClientError as error:
            if not is_missing(error):
                raise
            yield Part("failures", wiring.bucket, MISSING, healthy=False)
            return
        count = listed["KeyCount"]
        state = f"{count:,}{'+' if listed.get('IsTruncated') else ''}"
        # A record parked for its own fault waits for somebody to look; a batch given up means that something is broken.
        yield Part(name, wiring.bucket, state, expected or not count, f"below {prefix}", attention=bool(count))


def _alarms(client: NewClient, names: Names, wiring: Wiring) -> Iterator[Part]:
    prefixes = tuple(f"{name}-" for name in (wiring.stream, wiring.function, wiring.endpoint, names.table))
    return ringing_alarms(client("cloudwatch"), f"{names.stack}-", lambda alarm: alarm.startswith(prefixes))
