"""Rows and scores in the two content types that a model may speak.

CSV: rows of numbers, ``\\n`` between. The answer has one line a row, with one score or several comma separated.
Amazon's XGBoost container in algorithm mode joins the scores of a real-time call by commas into a single line, and a
vector becomes a bracketed list there; both are understood.

JSON (SageMaker's common inference format): ``{"instances": [{"features": [...]}, ...]}`` is answered by
``{"predictions": [{"score": x}, ...]}``, where a score may be a list.
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from decimal import Decimal, InvalidOperation
from typing import Any, Final, Protocol

from datastreamer.errors import ConfigurationError, DatastreamerError
from datastreamer.events.json_shape import too_much

Number = int | Decimal
Scores = tuple[Decimal, ...]

CSV: Final = "text/csv"
JSON: Final = "application/json"
CONTENT_TYPES: Final = (CSV, JSON)

ANSWER_MAX_DEPTH: Final = 32
"""Levels of objects and lists; an answer needs four."""


class UnreadableAnswerError(DatastreamerError):
    """What the model answered is not one finite or not finite score (or vector) for each row."""


class Payload(Protocol):
    """How rows are sent and scores are read. ``envelope`` are the bytes of a body around its rows, and ``separator``
    those between two rows."""

    content_type: str
    envelope: int
    separator: int

    def row(self, data: Sequence[Number]) -> bytes:
        """One row of features as it stands in a body."""

    def body(self, rows: Sequence[bytes]) -> bytes:
        """A body of these rows."""

    def scores(self, body: bytes, rows: int) -> list[Scores]:
        """The scores of each of ``rows`` rows, which may be NaN or infinite; raises UnreadableAnswerError."""


def payload_of(content_type: str) -> Payload:
    """The payload of a content type; raises ConfigurationError for one that is not known."""
    if content_type == CSV:
        return CsvPayload()
    if content_type == JSON:
        return JsonPayload()
    raise ConfigurationError(f"there is no payload of content type {content_type!r}")


class CsvPayload:
    """``text/csv``."""

    content_type = CSV
    envelope = 0
    separator = 1

    def row(self, data: Sequence[Number]) -> bytes:
        return ",".join(map(str, data)).encode()

    def body(self, rows: Sequence[bytes]) -> bytes:
        return b"\n".join(rows)

    def scores(self, body: bytes, rows: int) -> list[Scores]:
        text = _text(body).strip()
        if text.startswith("["):
            return _checked([_vector(value) for value in _parsed(f"[{','.join(text.splitlines())}]")], rows)
        lines = [tuple(_number(field) for field in line.split(",")) for line in text.splitlines()]
        if len(lines) == 1 and rows > 1:
            lines = [(score,) for score in lines[0]]
        return _checked(lines, rows)


class JsonPayload:
    """``application/json``."""

    content_type = JSON
    _prefix, _suffix = b'{"instances":[', b"]}"
    envelope = len(_prefix) + len(_suffix)
    separator = 1

    def row(self, data: Sequence[Number]) -> bytes:
        return f'{{"features":[{",".join(map(str, data))}]}}'.encode()

    def body(self, rows: Sequence[bytes]) -> bytes:
        return self._prefix + b",".join(rows) + self._suffix

    def scores(self, body: bytes, rows: int) -> list[Scores]:
        answer = _parsed(_text(body))
        try:
            return _checked([_vector(prediction["score"]) for prediction in answer["predictions"]], rows)
        except (KeyError, TypeError) as error:
            raise UnreadableAnswerError('the answer is not {"predictions": [{"score": ...}, ...]}') from error


def is_finite(scores: Scores) -> bool:
    """Whether every score is a finite number of double precision."""
    return all(score.is_finite() and math.isfinite(float(score)) for score in scores)


def _checked(scores: list[Scores], rows: int) -> list[Scores]:
    if len(scores) != rows:
        raise UnreadableAnswerError(f"the model answered {len(scores)} scores for {rows} rows")
    return scores


def _text(body: bytes) -> str:
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError as error:
        raise UnreadableAnswerError(f"the answer is not UTF-8: {error}") from error


def _parsed(text: str) -> Any:
    if too_much(text.encode(), depth=ANSWER_MAX_DEPTH):
        raise UnreadableAnswerError(f"the answer has more than {ANSWER_MAX_DEPTH} levels of objects and lists")
    try:
        return json.loads(text, parse_float=Decimal, parse_constant=Decimal)
    except (ValueError, InvalidOperation) as error:
        raise UnreadableAnswerError(f"the answer is not JSON: {error}") from error


def _vector(value: Any) -> Scores:
    values = value if isinstance(value, list) else [value]
    if not values or not all(type(score) in {int, Decimal} for score in values):
        raise UnreadableAnswerError(f"a score is neither a number nor a list of numbers: {str(value)[:100]}")
    return tuple(Decimal(score) for score in values)


def _number(text: str) -> Decimal:
    try:
        return Decimal(text.strip())
    except InvalidOperation as error:
        raise UnreadableAnswerError(f"a score is not a number: {text[:100]!r}") from error
