"""DynamoDB: what AWS refuses is refused here, and numbers keep their 38 digits."""

from __future__ import annotations

import decimal
import time
from typing import Any

from local.ministack_patches.replace import replace

REQUEST_BYTES = 16 * 1024 * 1024
"""docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchWriteItem.html"""

_CONDITIONS = ("ConditionExpression", "FilterExpression", "KeyConditionExpression")
_OPERATORS = ("and", "or", "not", "between", "in")
_DIGITS = 300
"""Enough for the exact sum of any two numbers: they reach from 1E-130 to 9.9E+125."""
_RECENT_SECONDS = 300


def expression_error(dynamodb: Any, data: dict[str, Any], fields: tuple[str, ...]) -> str | None:
    """What is wrong with the text of an expression, whatever items there are."""
    for field in fields:
        text = data.get(field) or ""
        for kind, name in dynamodb._tokenize(text) if field != "UpdateExpression" else ():
            known = name.lower() in dynamodb._DDB_EXPR_FUNCTIONS or name.lower() in _OPERATORS
            if kind == "IDENT" and not known and name.upper() in dynamodb.AWS_KEYWORDS:
                return f"Invalid {field}: Attribute name is a reserved keyword; reserved keyword: {name}"
        if text.strip() and field in _CONDITIONS:
            error: str | None = dynamodb._condition_syntax_error(text, field)
            if error:
                return error
    return None


def apply() -> None:
    from ministack.core.responses import error_response_json
    from ministack.services import dynamodb

    def invalid(message: str) -> Any:
        return error_response_json("ValidationException", message, 400)

    def expression_attributes(data: dict[str, Any], fields: tuple[str, ...], *args: Any) -> Any:
        """ministack reads an expression when it has an item to hold against it; AWS does in any case."""
        error = expression_error(dynamodb, data, fields)
        return invalid(error) if error else original_attributes(data, fields, *args)

    original_attributes = replace(dynamodb, "_validate_expression_attrs", expression_attributes)

    def exactly(name: str) -> None:
        """Python's own precision is 28 digits, and would round without a word."""

        def compute(*args: Any) -> Any:
            with decimal.localcontext(decimal.Context(prec=_DIGITS)):
                return original(*args)

        original = replace(dynamodb, name, compute)

    exactly("_apply_update_expression")
    exactly("_apply_attribute_updates")
    exactly("_pq_eval")

    def update_ttl(data: dict[str, Any]) -> Any:
        enabled = (data.get("TimeToLiveSpecification") or {}).get("Enabled", False)
        name = dynamodb._normalize_table_name(data.get("TableName"))
        before = (dynamodb._ttl_settings.get(name) or {}).get("TimeToLiveStatus", "DISABLED") == "ENABLED"
        if name in dynamodb._tables and enabled == before:
            return invalid(f"TimeToLive is already {'enabled' if enabled else 'disabled'}")
        return original_update_ttl(data)

    original_update_ttl = replace(dynamodb, "_update_ttl", update_ttl)

    def restore(data: dict[str, Any]) -> Any:
        """ministack copies the table as it is now, whatever time is asked."""
        if data.get("RestoreDateTime", time.time()) < time.time() - _RECENT_SECONDS:
            return error_response_json(
                "UnsupportedOperationException",
                "The local stage keeps no history of a table: it restores the present (UseLatestRestorableTime). "
                "docs/local-stage.md lists what it supports.",
                400,
            )
        return original_restore(data)

    original_restore = replace(dynamodb, "_restore_table_to_point_in_time", restore)

    async def handle_request(method: str, path: str, headers: Any, body: bytes, query: Any) -> Any:
        if len(body) > REQUEST_BYTES:
            answer: tuple[int, dict[str, str], bytes] = error_response_json(
                "RequestEntityTooLargeException", "The request is larger than 16 MB", 413
            )
            return answer
        return await original_handle(method, path, headers, body, query)

    original_handle = replace(dynamodb, "handle_request", handle_request)
