"""A dry run: what would change is noted and not made; what only reads is asked as ever.

The calls are caught inside boto3's own client, after it has checked and serialised their parameters, so that a dry run
goes the very way of the real one.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders

READING = re.compile(r"(Describe|List|Get|Head|Query|Scan|BatchGet|Lookup)[A-Z]|Query$|Scan$")
"""Operations that change nothing, by how AWS names them."""

_PARAMETERS = "datastreamer_parameters"


@dataclass(frozen=True)
class Call:
    """One call that was not made: AWS's service and operation, and the parameters as boto3 takes them."""

    service: str
    operation: str
    parameters: dict[str, Any]


@dataclass
class DryRun:
    """Collects the calls of every client it is attached to, in order."""

    calls: list[Call] = field(default_factory=list)
    answers: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = field(default_factory=dict)
    """What an operation that is not made answers to its parameters, where its caller reads the answer."""

    def attach(self, client: Any) -> None:
        """Let ``client`` read, and note instead of make every other call; such a call answers what ``answers`` say."""
        client.meta.events.register_last("before-parameter-build", self._remember)
        client.meta.events.register_first("before-call", self._catch)

    def _remember(self, params: dict[str, Any], context: dict[str, Any], **_: object) -> None:
        context[_PARAMETERS] = dict(params)

    def _catch(self, model: Any, context: dict[str, Any], **_: object) -> tuple[AWSResponse, dict[str, Any]] | None:
        if READING.match(model.name):
            return None
        self.calls.append(Call(model.service_model.service_name, model.name, context[_PARAMETERS]))
        answer = self.answers[model.name](context[_PARAMETERS]) if model.name in self.answers else {}
        return AWSResponse("", 200, HTTPHeaders(), None), {**answer, "ResponseMetadata": {"HTTPStatusCode": 200}}
