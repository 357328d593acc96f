"""DynamoDB: ministack's functions go to the engine, which has the items."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from aws_stage.engines.dynamodb.engine import DynamoDb
from aws_stage.engines.dynamodb.expressions import exact, set_value
from aws_stage.engines.dynamodb.values import canonical_number
from aws_stage.gateway.protocol import encode
from aws_stage.patches.replace import replace, wrap
from aws_stage.patches.state import keep_apart

EXPRESSIONS = 512


def apply(engine: DynamoDb) -> None:
    from ministack.services import dynamodb

    _items(dynamodb, engine)
    _pages(dynamodb, engine)
    _values(dynamodb, engine)
    _expressions(dynamodb, engine)
    replace(dynamodb, "_ttl_settings", engine.time_to_live.settings())
    wrap(dynamodb, "_update_ttl", engine.time_to_live.update)

    def refuse(_data: dict[str, Any]) -> Any:
        """Streams belong to the kinesis engine, to which ministack's tables cannot write."""
        return dynamodb.error_response_json(
            "UnsupportedOperationException",
            "The local stage does not stream tables to Kinesis. docs/local-stage.md lists what it supports.",
            400,
        )

    replace(dynamodb, "_enable_kinesis_streaming_destination", refuse)

    def json_response(original: Any, data: dict[str, Any], status: int = 200, **kwargs: Any) -> Any:
        _, headers, _ = original({}, **kwargs)
        return status, headers, encode(data)

    wrap(dynamodb, "json_response", json_response)


def _items(dynamodb: Any, engine: DynamoDb) -> None:
    replace(dynamodb, "_set_item", engine.tables.set_item)
    replace(dynamodb, "_remove_item", engine.tables.remove_item)
    replace(dynamodb, "_items_replaced", engine.tables.recount)
    wrap(dynamodb, "handle_request", engine.tables.in_transaction)
    wrap(dynamodb, "load_persisted_state", engine.tables.load)
    keep_apart(dynamodb, {"tables": engine.tables.tables_for_state})


def _pages(dynamodb: Any, engine: DynamoDb) -> None:
    wrap(dynamodb, "_query", engine.pages.query)
    wrap(dynamodb, "_scan", engine.pages.scan)
    wrap(dynamodb, "_apply_exclusive_start_key", engine.pages.past_start_key)
    wrap(dynamodb, "_apply_exclusive_start_key_scan", engine.pages.past_start_key)
    wrap(dynamodb, "_paginate_evaluated_items", engine.pages.paginate)
    wrap(dynamodb, "_evaluate_condition", engine.pages.meets)
    wrap(dynamodb, "_add_consumed_capacity", engine.pages.consume)


def _values(dynamodb: Any, engine: DynamoDb) -> None:
    wrap(dynamodb, "_put_item", engine.values.judging)
    wrap(dynamodb, "_batch_write_item", engine.values.judging)
    wrap(dynamodb, "_values_error_response", engine.values.error_of_values)
    wrap(dynamodb, "_validate_attribute_value", engine.values.error_of_attribute)
    wrap(dynamodb, "_item_size_bytes", engine.values.item_size)
    wrap(dynamodb, "_accumulate_write_capacity", engine.values.accumulate_capacity)
    wrap(dynamodb, "_ddb_canonicalize_number", canonical_number)


def _expressions(dynamodb: Any, engine: DynamoDb) -> None:
    wrap(dynamodb, "_validate_expression_attrs", engine.expressions.error_of_attributes)
    wrap(dynamodb, "_eval_set_value", set_value)
    for name in ("_apply_update_expression", "_apply_attribute_updates", "_pq_eval"):
        wrap(dynamodb, name, exact)
    # Both depend on the text alone, and nobody changes the list of tokens that they share.
    replace(dynamodb, "_tokenize", lru_cache(EXPRESSIONS)(dynamodb._tokenize))
    replace(dynamodb, "_condition_syntax_error", lru_cache(EXPRESSIONS)(dynamodb._condition_syntax_error))
