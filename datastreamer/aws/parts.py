"""The parts that several pipelines have, and how each says that it is well."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from datastreamer.aws.status import NewClient, Part, ask

METRIC_WINDOW = timedelta(hours=3)


def stream(client: NewClient, name: str) -> Part:
    """A Kinesis stream."""

    def check() -> Part:
        summary = client("kinesis").describe_stream_summary(StreamName=name)["StreamDescriptionSummary"]
        mode = summary.get("StreamModeDetails", {}).get("StreamMode", "PROVISIONED").lower()
        detail = f"{summary['OpenShardCount']} shards, {mode}, keeps {summary['RetentionPeriodHours']} h"
        return Part("stream", name, summary["StreamStatus"], summary["StreamStatus"] == "ACTIVE", detail)

    return ask("stream", name, check)


def delivery(client: NewClient, name: str, now: datetime) -> Part:
    """A Firehose delivery stream, with the age of what it delivered last."""

    def check() -> Part:
        described = client("firehose").describe_delivery_stream(DeliveryStreamName=name)
        state = described["DeliveryStreamDescription"]["DeliveryStreamStatus"]
        points = client("cloudwatch").get_metric_statistics(
            Namespace="AWS/Firehose",
            MetricName="DeliveryToS3.DataFreshness",
            Dimensions=[{"Name": "DeliveryStreamName", "Value": name}],
            StartTime=now - METRIC_WINDOW,
            EndTime=now,
            Period=60,
            Statistics=["Maximum"],
        )["Datapoints"]
        newest = max(points, key=lambda point: point["Timestamp"], default=None)
        detail = f"oldest undelivered record {newest['Maximum']:.0f} s" if newest else "nothing delivered lately"
        return Part("delivery", name, state, state == "ACTIVE", detail)

    return ask("delivery", name, check)


def table(client: NewClient, name: str) -> Part:
    """A DynamoDB table. Its count of items is as old as six hours (DescribeTable, ``ItemCount``)."""

    def check() -> Part:
        found = client("dynamodb").describe_table(TableName=name)["Table"]
        state = found["TableStatus"]
        # It can be read and written while it is changed.
        return Part("table", name, state, state in ("ACTIVE", "UPDATING"), f"about {found['ItemCount']:,} items")

    return ask("table", name, check)


def function(client: NewClient, name: str) -> Part:
    """A Lambda function. One that was not called for weeks is Inactive, and wakes at the next call."""

    def check() -> Part:
        found = client("lambda").get_function_configuration(FunctionName=name)
        state = found.get("State", "Active")
        update = found.get("LastUpdateStatus", "Successful")
        reason = found.get("StateReason") or found.get("LastUpdateStatusReason") or f"{found['MemorySize']} MB"
        return Part("function", name, state, state != "Failed" and update != "Failed", reason)

    return ask("function", name, check)


def stream_read(source_arn: str) -> str:
    """The stream of an event source, ``…:stream/<name>`` or with enhanced fan-out ``…:stream/<name>/consumer/…``."""
    return source_arn.partition(":stream/")[2].partition("/")[0]


def reading(client: NewClient, name: str, stream_name: str) -> Part:
    """What feeds the function ``name`` from the stream: an event source mapping, and how its last batch went."""

    def check() -> Part:
        mappings = client("lambda").list_event_source_mappings(FunctionName=name)["EventSourceMappings"]
        of_stream = [each for each in mappings if stream_read(each["EventSourceArn"]) == stream_name]
        if not of_stream:
            return Part("reading", stream_name, "MISSING", healthy=False, detail=f"nothing feeds {name}")
        state, result = of_stream[0]["State"], of_stream[0].get("LastProcessingResult", "")
        healthy = state in ("Creating", "Enabling", "Enabled", "Updating")
        return Part("reading", stream_name, state, healthy, result, attention=result.startswith("PROBLEM"))

    return ask("reading", stream_name, check)


def bucket(client: NewClient, name: str, what: str) -> Part:
    """An S3 bucket that holds ``what``."""

    def check() -> Part:
        client("s3").head_bucket(Bucket=name)
        return Part(what, name, "there", healthy=True)

    return ask(what, name, check)


def job(client: NewClient, name: str, command: str) -> Part:
    """A Glue job, and how its last run went; ``command`` starts one that never ran."""

    def check() -> Part:
        glue = client("glue")
        glue.get_job(JobName=name)
        runs = glue.get_job_runs(JobName=name, MaxResults=1)["JobRuns"]
        if not runs:
            return Part("job", name, "NEVER RUN", healthy=True, detail=f"start it: {command}")
        last = runs[0]
        detail = f"started {last['StartedOn'].astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC, {last.get('ExecutionTime', 0)} s"
        if last.get("ErrorMessage"):
            detail += f": {last['ErrorMessage']}"
        healthy = last["JobRunState"] in ("STARTING", "RUNNING", "WAITING", "SUCCEEDED")
        return Part("job", name, last["JobRunState"], healthy, detail)

    return ask("job", name, check)


def schedule(client: NewClient, name: str) -> Part:
    """A schedule of EventBridge Scheduler; one that is switched off starts nothing."""

    def check() -> Part:
        found = client("scheduler").get_schedule(Name=name)
        return Part("schedule", name, found["State"], found["State"] == "ENABLED", found["ScheduleExpression"])

    return ask("schedule", name, check)


def catalogue_table(client: NewClient, database: str, name: str) -> Part:
    """A table of the Data Catalog: without it Athena has no name for files that are there."""

    def check() -> Part:
        found = client("glue").get_table(DatabaseName=database, Name=name)["Table"]
        location = found.get("StorageDescriptor", {}).get("Location", "")
        return Part("table", name, "there", healthy=True, detail=location)

    return ask("table", name, check)
