"""Expressions: what AWS refuses in one is refused here, and numbers keep their 38 digits."""

from __future__ import annotations

import decimal
from collections.abc import Callable
from itertools import combinations
from typing import Any

_CONDITIONS = ("ConditionExpression", "FilterExpression", "KeyConditionExpression")
_OPERATORS = ("and", "or", "not", "between", "in")
_SECTIONS = ("SET", "REMOVE", "ADD", "DELETE")
_DIGITS = 300
"""Enough for the exact sum of any two numbers: they reach from 1E-130 to 9.9E+125."""


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


class Expressions:
    """Checks and arithmetic of expressions. A method is given the function that it replaces."""

    def __init__(self, dynamodb: Any) -> None:
        self._dynamodb = dynamodb

    def error_of_attributes(
        self, find: Callable[..., Any], data: dict[str, Any], fields: tuple[str, ...], *args: Any
    ) -> Any:
        """ministack reads an expression when it has an item to hold against it; AWS does in any case."""
        error = expression_error(self._dynamodb, data, fields)
        if error:
            return self._dynamodb.error_response_json("ValidationException", error, 400)
        return find(data, fields, *args)


def exact(compute: Callable[..., Any], *args: Any) -> Any:
    """Compute with numbers as long as they get: Python's own precision is 28 digits, and would round silently."""
    with decimal.localcontext(decimal.Context(prec=_DIGITS)):
        return compute(*args)


def set_value(evaluate: Callable[..., Any], tokens: list[Any], *args: Any) -> Any:
    """The value of a SET action; ministack leaves the attribute as it was when an operand is not a number.

    Raises ValueError, which ministack answers as a ValidationException.
    """
    at = _arithmetic(tokens)
    if at is not None:
        operands = [evaluate(part, *args) for part in (tokens[:at], tokens[at + 1 :])]
        if any(operand is not None and "N" not in operand for operand in operands):
            raise ValueError("An operand in the update expression has an incorrect data type")
    return evaluate(tokens, *args)
