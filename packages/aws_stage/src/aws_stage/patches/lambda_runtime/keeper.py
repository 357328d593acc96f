"""What ministack does for the engine, through the insides of its services.

It keeps the functions, their settings, and the log events and datapoints that the engine has written.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from typing import Any

from aws_stage.engines.lambda_runtime.functions import Attempt, Config, LogLine, Scope, Values


class Keeper:
    """Implements ``engines.lambda_runtime.functions.FunctionKeeper``."""

    def __init__(self) -> None:
        from ministack.core import lambda_runtime, responses
        from ministack.services import cloudwatch, cloudwatch_logs, lambda_svc

        self._runtime = lambda_runtime
        self._scope = responses.request_scope
        self._metrics = cloudwatch
        self._logs = cloudwatch_logs
        self._lambda = lambda_svc
        self._lock = threading.Lock()

    def credentials(self, config: Config) -> dict[str, str]:
        credentials: dict[str, str] = self._runtime.execution_credentials(config)
        return credentials

    def log(self, group: str, stream: str, lines: Sequence[LogLine]) -> None:
        now = int(time.time() * 1000)
        with self._lock:
            kept = self._stream(group, stream, now)
        events = [{"timestamp": at, "message": text, "ingestionTime": now} for at, text in lines]
        self._logs._append_log_events(kept, events)
        self._logs._fanout_to_subscription_filters(
            group, stream, [{"timestamp": event["timestamp"], "message": event["message"]} for event in events]
        )

    def _stream(self, group: str, name: str, now: int) -> dict[str, Any]:
        if group not in self._logs._log_groups:
            self._logs._log_groups[group] = {
                "arn": self._logs._make_group_arn(group),
                "creationTime": now,
                "retentionInDays": None,
                "tags": {},
                "subscriptionFilters": {},
                "streams": {},
            }
        new = {
            "events": [],
            "uploadSequenceToken": "1",
            "creationTime": now,
            "firstEventTimestamp": None,
            "lastEventTimestamp": None,
            "lastIngestionTime": None,
        }
        stream: dict[str, Any] = self._logs._log_groups[group]["streams"].setdefault(name, new)
        return stream

    def datum(self, scope: Scope, moment: float, metric: tuple[str, str, Values]) -> None:
        account, region, function = scope
        name, unit, values = metric
        seen, counts = [value for value, _ in values], [count for _, count in values]
        with self._scope(account, region):
            dimensions = {"FunctionName": function}
            self._metrics._store_datum("AWS/Lambda", name, dimensions, moment, unit, None, seen, counts, None)

    def attempt(self, function_arn: str, event: Any, depth: int) -> Attempt | None:
        account, region = self._lambda._lambda_function_account_region_from_arn(function_arn)
        with self._scope(account, region):
            function, config, _ = self._lambda._get_func_record_for_ref(function_arn)
            if function is None:
                return None
            self._lambda._invoke_depth.set(depth)
            record = self._lambda._execution_record_for_config(function, {**config, "FunctionArn": function_arn})
            result = self._lambda._execute_function(record, event)
            return Attempt(config, self._settings(function_arn), result)

    def _settings(self, arn: str) -> Config:
        """Of asynchronous invocation, by the qualifier that was invoked."""
        base, _, _ = self._lambda._get_base_func_record_for_ref(arn)
        _, qualifier = self._lambda._lambda_function_name_and_qualifier_from_arn(arn)
        found: Config = self._lambda._event_invoke_config(base, qualifier) if base else {}
        return found or (base or {}).get("event_invoke_configs", {}).get("$LATEST") or {}
