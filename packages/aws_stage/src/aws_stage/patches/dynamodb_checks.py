"""DynamoDB: what AWS refuses is refused here, and numbers keep their 38 digits."""

from __future__ import annotations

import decimal
import time
from itertools import combinations
from typing import Any

from aws_stage.patches.replace import replace

REQUEST_BYTES = 16 * 1024 * 1024
"""docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchWriteItem.html"""

_CONDITIONS = ("ConditionExpression", "FilterExpression", "KeyConditionExpression")
_OPERATORS = ("and", "or", "not", "between", "in")
_SECTIONS = ("SET", "REMOVE", "ADD", "DELETE")
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
        error: str | None = None
        if text.strip() and field in _CONDITIONS:
            error = dynamodb._condition_syntax_error(text, field)
        if text.strip() and field == "KeyConditionExpression":
            error = error or key_condition_error(dynamodb, text)
        if text.strip() and field == "UpdateExpression":
            error = update_error(dynamodb, text, data.get("ExpressionAttributeNames") or {})
        if error:
            return error
    return None


def key_condition_error(dynamodb: Any, text: str) -> str | None:
    """An operator that a key condition cannot have; ministack takes any."""
    for kind, word in dynamodb._tokenize(text):
        if kind == "NE" or (kind == "IDENT" and word.upper() in ("OR", "NOT", "IN")):
            return f"Invalid operator used in KeyConditionExpression: {word.upper()}"
    return None


def update_error(dynamodb: Any, text: str, names: dict[str, str]) -> str | None:
    """A section that comes twice, or paths of which one lies within another; ministack lets the last one win."""
    sections: list[tuple[str, list[Any]]] = []
    for token in dynamodb._tokenize(text):
        if token[0] == "IDENT" and token[1].upper() in _SECTIONS:
            sections.append((token[1].upper(), []))
        elif token[0] != "EOF" and sections:
            sections[-1][1].append(token)
    found = [section for section, _ in sections]
    for section in found:
        if found.count(section) > 1:
            return f'Invalid UpdateExpression: The "{section}" section can only be used once in an update expression;'
    paths = [
        dynamodb._parse_path_from_tokens(_target(section, action), names)
        for section, tokens in sections
        for action in dynamodb._split_by_comma(tokens)
        if action
    ]
    for one, other in combinations(paths, 2):
        shared = min(len(one), len(other))
        if shared and one[:shared] == other[:shared]:
            return (
                "Invalid UpdateExpression: Two document paths overlap with each other; must remove or rewrite one of "
                f"these paths; path one: [{_shown(one)}], path two: [{_shown(other)}]"
            )
    return None


def _target(section: str, action: list[Any]) -> list[Any]:
    if section == "SET":
        return action[: next((at for at, token in enumerate(action) if token[0] == "EQ"), len(action))]
    return action[:-1] if action[-1][0] == "VALUE_REF" else action


def _shown(path: list[Any]) -> str:
    return ", ".join(f"[{part}]" if isinstance(part, int) else str(part) for part in path)


def _arithmetic(tokens: list[Any]) -> int | None:
    """Where the plus or minus of a SET action is."""
    depth = 0
    for at, (kind, _) in enumerate(tokens):
        depth += (kind == "LPAREN") - (kind == "RPAREN")
        if at and not depth and kind in ("PLUS", "MINUS"):
            return at
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

    def set_value(tokens: list[Any], *args: Any) -> Any:
        """ministack leaves the attribute as it was when an operand is no number."""
        at = _arithmetic(tokens)
        if at is not None:
            operands = [original_set_value(part, *args) for part in (tokens[:at], tokens[at + 1 :])]
            if any(operand is not None and "N" not in operand for operand in operands):
                raise ValueError("An operand in the update expression has an incorrect data type")
        return original_set_value(tokens, *args)

    original_set_value = replace(dynamodb, "_eval_set_value", set_value)

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
