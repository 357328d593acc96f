"""One invocation, from the event to the result, with its log."""

from __future__ import annotations

import json
import time
from dataclasses import replace

from aws_stage.engines.lambda_runtime.environment import Call, Outcome
from aws_stage.engines.lambda_runtime.functions import MOST_BYTES, UNREADABLE, Invocation, Payload, Result
from aws_stage.engines.lambda_runtime.instance import FunctionInstance
from aws_stage.engines.lambda_runtime.invocation_log import InvocationLog, Write
from aws_stage.engines.lambda_runtime.running import RunningInvocations

TAIL_BYTES = 4096
"""Of the log, in the answer to a call that asks for it: docs.aws.amazon.com/lambda/latest/api/API_Invoke.html"""


class Invocations:
    """Invokes, and has ``write`` write down what was printed."""

    def __init__(self, write: Write) -> None:
        self._write = write
        self._running = RunningInvocations()

    def run(self, instance: FunctionInstance, invocation: Invocation) -> Result:
        """Invoke an instance; the payload of a Payload passes as it is, and so does the answer."""
        config, event = invocation.config, invocation.event
        raw = isinstance(event, Payload)
        content = event.content if isinstance(event, Payload) else json.dumps(event).encode()
        started = time.time()
        arn, seconds = config.get("FunctionArn", ""), float(config.get("Timeout", 3))
        call = Call(invocation.request_id, arn, seconds, invocation.trace)
        log = InvocationLog(self._write, invocation.request_id, started)
        running = self._running.begin(lambda: log.go_on(instance))
        try:
            outcome = instance.invoke(call, content)
        finally:
            self._running.end(running)
        if len(outcome.content) > MOST_BYTES:
            outcome = _too_large(outcome)
        lines = log.end(instance.variables, outcome)
        result: Result = {
            "body": outcome.content if raw else json.loads(outcome.content or b"null"),
            "error": outcome.error,
            "log": "\n".join(lines)[-TAIL_BYTES:],
        }
        if outcome.error:
            result["function_error"] = "Unhandled"
        if outcome.unreadable is not None:
            result.update(error=True, function_error=UNREADABLE, body=outcome.unreadable.encode())
        return result


def _too_large(outcome: Outcome) -> Outcome:
    message = f"Response payload size exceeded maximum allowed payload size ({MOST_BYTES} bytes)."
    error = {"errorType": "Function.ResponseSizeTooLarge", "errorMessage": message}
    return replace(outcome, content=json.dumps(error).encode(), error=True)
