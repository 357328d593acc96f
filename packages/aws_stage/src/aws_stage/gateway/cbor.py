"""AWS's CBOR (application/x-amz-cbor-1.1), which its SDK for Java, and so KCL and the Kinesis agent, speak to Kinesis.

It says what AWS's JSON says, but for two things, so a request becomes what JSON would have been, and an answer is made
of the JSON one: a blob is a byte string, not base64; a timestamp is a whole number of milliseconds since the epoch
(tag 1), not seconds as RFC 8949 has it (https://github.com/aws/aws-sdk-java-v2/issues/4661).
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import cbor2
from botocore.model import ListShape, MapShape, Shape, StructureShape

from aws_stage.gateway.payload_types import model_of
from aws_stage.gateway.protocol import decode, json_answer
from aws_stage.gateway.wire import CBOR, Answer

MAX_DEPTH = 100
"""Levels of nesting; Kinesis's requests have four."""


def parameters(service: str, operation: str, body: bytes) -> dict[str, Any]:
    """A request as its JSON would be decoded, empty for none.

    ``service`` is a SigV4 signing name. Members that the service's model does not have are left out. Raises ValueError
    for a body that is not a map, and for values that JSON would not have (bytes where the model has no blob).
    """
    if not body:
        return {}
    try:
        payload = cbor2.loads(body, semantic_decoders=_Untagged(), max_depth=MAX_DEPTH, strict_hashable_types=True)
    except cbor2.CBORDecodeError as error:
        raise ValueError(str(error)) from error
    if not isinstance(payload, dict):
        raise ValueError("it is not a map")  # noqa: TRY004  callers catch one error
    decoded: dict[str, Any] = _walk(model_of(service).operation_model(operation).input_shape, payload, _from_wire)
    return decoded


def answer(service: str, operation: str, result: dict[str, Any]) -> Answer:
    """Status, headers and body of a success, for a result that ``json_answer`` takes; blocks for large ones."""
    status, headers, body = json_answer(result, CBOR)
    shape = model_of(service).operation_model(operation).output_shape
    return status, headers, cbor2.dumps(_walk(shape, decode(body), _to_wire))


class _Untagged(Mapping[int, Callable[[Any, bool], Any]]):
    """Decodes every tag as what it marks: AWS's shapes say what a value is, and tags of others (patterns, references to
    earlier values, numbers of any size) do what no request should."""

    def __getitem__(self, tag: int) -> Callable[[Any, bool], Any]:
        return lambda value, _immutable: value

    def __iter__(self) -> Iterator[int]:
        return iter(())

    def __len__(self) -> int:
        return 0


def _walk(shape: Shape | None, value: Any, leaf: Callable[[Shape, Any], Any]) -> Any:
    """``value`` with each of its scalars passed through ``leaf``, together with its shape."""
    if isinstance(shape, StructureShape) and isinstance(value, dict):
        members = shape.members
        return {name: _walk(members[name], item, leaf) for name, item in value.items() if name in members}
    if isinstance(shape, MapShape) and isinstance(value, dict):
        return {name: _walk(shape.value, item, leaf) for name, item in value.items()}
    if isinstance(shape, ListShape) and isinstance(value, list):
        return [_walk(shape.member, item, leaf) for item in value]
    return {} if shape is None else leaf(shape, value)


def _from_wire(shape: Shape, value: Any) -> Any:
    if value is None:
        return None
    if shape.type_name == "blob" and isinstance(value, bytes):
        return base64.b64encode(value).decode("ascii")
    if shape.type_name == "timestamp" and isinstance(value, int | float):
        return value / 1000
    if shape.type_name == "blob" or not isinstance(value, str | int | float | bool):
        raise ValueError(f"{type(value).__name__} where a {shape.type_name} is due")
    return value


def _to_wire(shape: Shape, value: Any) -> Any:
    if shape.type_name == "blob" and isinstance(value, str):
        return base64.b64decode(value)
    if shape.type_name == "timestamp" and isinstance(value, int | float):
        return cbor2.CBORTag(1, round(value * 1000))
    return value
