"""How deep in calls of functions by functions a call is stands in the tracing header.

AWS gives every invocation a header, traced or not, and counts a loop by its member Lineage; the SDKs send it along
(docs.aws.amazon.com/lambda/latest/dg/invocation-recursion.html). ministack has a header of its own, which it makes the
SDK in a function's process send.
"""

from __future__ import annotations

import re
import secrets
import time
import zlib
from typing import Any

from aws_stage.patches.replace import replace

_LINEAGE = re.compile(r"(?:^|;)Lineage=(\d{1,6}):")


def untraced() -> str:
    """A header of an invocation that nobody traces: docs.aws.amazon.com/xray/latest/devguide/xray-concepts.html"""
    return f"Root=1-{int(time.time()):08x}-{secrets.token_hex(12)};Parent={secrets.token_hex(8)};Sampled=0"


def lineage(function_arn: str, depth: int) -> str:
    """What is added to a header."""
    return f";Lineage={depth}:{zlib.crc32(function_arn.encode()):08x}:0"


def apply() -> None:
    from ministack.services import lambda_svc

    def depth(headers: dict[str, Any]) -> int:
        found = _LINEAGE.search(headers.get("x-amzn-trace-id") or "")
        return int(found[1]) if found else original(headers)

    original = replace(lambda_svc, "_inbound_invoke_depth", depth)
