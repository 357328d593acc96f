"""DynamoDB: an expression is read once, not once an item, and answers are written as fast as they can be."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from aws_stage.gateway.protocol import encode
from aws_stage.patches.replace import replace

EXPRESSIONS = 512


def apply() -> None:
    from ministack.services import dynamodb

    # Both depend on the text alone, and nobody changes the list of tokens that they share.
    replace(dynamodb, "_tokenize", lru_cache(EXPRESSIONS)(dynamodb._tokenize))
    replace(dynamodb, "_condition_syntax_error", lru_cache(EXPRESSIONS)(dynamodb._condition_syntax_error))

    def json_response(data: dict[str, Any], status: int = 200, **kwargs: Any) -> Any:
        _, headers, _ = original_response({}, **kwargs)
        return status, headers, encode(data)

    original_response = replace(dynamodb, "json_response", json_response)
