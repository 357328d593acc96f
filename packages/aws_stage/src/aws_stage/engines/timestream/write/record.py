"""A record of a WriteRecords call, merged with the attributes that all have in common, and typed."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any

from aws_stage.engines.timestream.errors import invalid, unsupported
from aws_stage.engines.timestream.write import limits

_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001  moments are kept in UTC, without a zone
_MICROSECONDS = {"SECONDS": 1_000_000, "MILLISECONDS": 1000, "MICROSECONDS": 1}
_LARGEST_BIGINT = 2**63
_LATEST = 2**63 // 1000
"""Microseconds since the epoch: the supported range ends at 2262-04-11 (developer guide, "Supported data types")."""

Values = dict[str, tuple[str, Any]]
"""Columns by name, each with its type and its value."""


class RejectedError(Exception):
    """Why a record is rejected; ``version`` is that of the record which is there."""

    def __init__(self, reason: str, version: int | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.version = version


@dataclass(frozen=True)
class Record:
    """``time`` is in microseconds since the epoch, ``type`` that of the measure (``MULTI`` too); ``values`` are the
    columns that it fills besides the dimensions."""

    dimensions: Mapping[str, str]
    measure: str
    type: str
    time: int
    version: int
    values: Values
    size: int

    @cached_property
    def series(self) -> int:
        """A number of what tells series apart; two series have the same one about never, so the rest is compared."""
        parts = [*(part for pair in sorted(self.dimensions.items()) for part in pair), self.measure]
        digest = hashlib.blake2b(digest_size=8)
        for part in parts:
            encoded = part.encode()
            digest.update(len(encoded).to_bytes(4, "big") + encoded)
        return int.from_bytes(digest.digest(), "big", signed=True)


def merged(common: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    """A record with what all have in common beneath it; raises ValidationException where their dimensions overlap."""
    record = {**common, **{name: value for name, value in given.items() if value is not None}}
    dimensions = [*(common.get("Dimensions") or []), *(given.get("Dimensions") or [])]
    names = [each["Name"] for each in dimensions]
    if len(set(names)) < len(names):
        raise invalid("A record has a dimension twice, of its own or with the common attributes.")
    record["Dimensions"] = dimensions
    return record


def typed(record: Mapping[str, Any]) -> Record:
    """The record; raises ValidationException for one that is not whole, RejectedError for one with a bad value."""
    time, measure = record.get("Time"), record.get("MeasureName")
    type_ = record.get("MeasureValueType") or "DOUBLE"
    version = record.get("Version", 1)
    if time is None or measure is None or not record["Dimensions"]:
        raise invalid("A record must have at least one dimension, a measure name and a time.")
    if version < 1:
        raise invalid(f"The version of a record must be 1 or greater, not {version}.")
    unit = record.get("TimeUnit") or "MILLISECONDS"
    dimensions = {each["Name"]: each["Value"] for each in record["Dimensions"]}
    _check_names(dimensions, measure)
    values = _values(record, type_, measure, unit)
    moment = _microseconds(time, unit)
    size = _size(dimensions, measure, values)
    if size > limits.LARGEST_RECORD:
        raise RejectedError(f"The record has {size} bytes, more than {limits.LARGEST_RECORD}.")
    return Record(dimensions, measure, type_, moment, version, values, size)


def _check_names(dimensions: Mapping[str, str], measure: str) -> None:
    for name in dimensions:
        problem = limits.name_problem("dimension", name, limits.LONGEST_DIMENSION)
        if problem:
            raise RejectedError(problem)
    problem = limits.name_problem("measure", measure, limits.LONGEST_MEASURE)
    if problem:
        raise RejectedError(problem)
    series = sum(len(name.encode()) + len(value.encode()) for name, value in dimensions.items())
    if series > limits.LARGEST_SERIES:
        raise RejectedError(f"The dimensions have {series} bytes, more than {limits.LARGEST_SERIES}.")


def _values(record: Mapping[str, Any], type_: str, measure: str, unit: str) -> Values:
    single, several = record.get("MeasureValue"), record.get("MeasureValues") or []
    if type_ != "MULTI":
        if single is None or several:
            raise invalid(f"A measure of type {type_} has a MeasureValue and no MeasureValues.")
        if type_ == "TIMESTAMP":
            raise invalid("The type TIMESTAMP is for values of multi-measure records alone.")
        return {f"measure_value::{type_.lower()}": (type_, _value(measure, type_, single, unit))}
    if single is not None or not several:
        raise invalid("A measure of type MULTI has MeasureValues and no MeasureValue.")
    if len(several) > limits.MOST_VALUES:
        raise RejectedError(f"The record has {len(several)} measure values, more than {limits.MOST_VALUES}.")
    values: Values = {}
    for each in several:
        name = each["Name"]
        problem = limits.name_problem("measure value", name, limits.LONGEST_MEASURE)
        if problem:
            raise RejectedError(problem)
        if name in values:
            raise invalid(f"A record has the measure value {name} twice.")
        if each["Type"] == "MULTI":
            raise invalid(f"The measure value {name} cannot be of type MULTI.")
        values[name] = each["Type"], _value(name, each["Type"], each["Value"], unit)
    return values


def _value(name: str, type_: str, text: str, unit: str) -> Any:
    if len(text.encode()) > limits.LONGEST_VALUE:
        raise RejectedError(f"The value of {name} has more than {limits.LONGEST_VALUE} bytes.")
    if type_ == "VARCHAR":
        return text
    try:
        match type_:
            case "DOUBLE" if math.isfinite(number := float(text)) and "_" not in text:
                return number
            case "BIGINT" if -_LARGEST_BIGINT <= (whole := int(text)) < _LARGEST_BIGINT and "_" not in text:
                return whole
            case "BOOLEAN" if text.lower() in ("true", "false"):
                return text.lower() == "true"
            case "TIMESTAMP":
                return _EPOCH + timedelta(microseconds=_microseconds(text, unit))
            case _:
                pass
    except ValueError:
        pass
    raise RejectedError(f"The value of {name} is not a {type_}: {text[:100]}")


def _microseconds(text: str, unit: str) -> int:
    try:
        number = int(text)
    except ValueError as error:
        raise invalid(f"A time must be a whole number of {unit.lower()}, not {text[:100]!r}.") from error
    if unit == "NANOSECONDS":
        if number % 1000:
            raise unsupported("A time that is finer than a microsecond")
        moment = number // 1000
    else:
        moment = number * _MICROSECONDS[unit]
    if not 0 <= moment < _LATEST:
        raise invalid(f"A time must be from 1970 to 2262, not {text} {unit.lower()}.")
    return moment


_SIZES = {"DOUBLE": 8, "BIGINT": 8, "TIMESTAMP": 8, "BOOLEAN": 1}


def _size(dimensions: Mapping[str, str], measure: str, values: Values) -> int:
    """Bytes as Timestream counts them: names and values, a time of 8."""
    size = 8 + len(measure.encode())
    size += sum(len(name.encode()) + len(value.encode()) for name, value in dimensions.items())
    for name, (type_, value) in values.items():
        size += len(name.encode()) + (_SIZES.get(type_) or len(value.encode()))
    return size
