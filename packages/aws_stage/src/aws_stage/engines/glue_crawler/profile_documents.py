"""Profiles as documents, to be stored and to be sent by a worker."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from aws_stage.engines.glue_crawler.hive_types import Array, Columns, HiveType, Map, Struct
from aws_stage.engines.glue_crawler.profile import Profile


def encoded(profile: Profile) -> dict[str, Any]:
    """A profile as JSON can hold it."""
    return asdict(profile) | {"columns": [[name, _encoded_type(kind)] for name, kind in profile.columns]}


def decoded(document: dict[str, Any]) -> Profile:
    """The profile that ``encoded`` was given."""
    columns: Columns = tuple((name, _decoded_type(kind)) for name, kind in document["columns"])
    return Profile(**{**document, "columns": columns})


def _encoded_type(kind: HiveType) -> Any:
    match kind:
        case Array(element):
            return {"array": _encoded_type(element)}
        case Map(key, value):
            return {"map": [_encoded_type(key), _encoded_type(value)]}
        case Struct(fields):
            return {"struct": [[name, _encoded_type(field)] for name, field in fields]}
    return kind


def _decoded_type(document: Any) -> HiveType:
    match document:
        case {"array": element}:
            return Array(_decoded_type(element))
        case {"map": [key, value]}:
            return Map(_decoded_type(key), _decoded_type(value))
        case {"struct": fields}:
            return Struct(tuple((name, _decoded_type(field)) for name, field in fields))
    kind: HiveType = document
    return kind
