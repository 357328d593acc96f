"""Media types of requests and answers, and predictions written in them."""

from __future__ import annotations

import json
from typing import Any

from aws_stage.engines.sagemaker.serving.model import Answer, RequestRefusedError

CSV, JSON, JSON_LINES = "text/csv", "application/json", "application/jsonlines"
LIBSVM = frozenset({"text/libsvm", "text/x-libsvm"})


def media_type(header: str) -> str:
    """``text/csv; charset=utf-8`` -> ``text/csv``."""
    return header.partition(";")[0].strip().lower()


def choose(accept: str, supported: tuple[str, ...], default: str) -> str:
    """The media type to answer in: the first of ``accept`` that is supported, ``default`` for none or any.

    Raises RequestRefusedError (406) when none is supported.
    """
    wanted = [media_type(part) for part in accept.split(",") if part.strip()]
    for each in wanted or ["*/*"]:
        if each in ("*/*", "text/*", "application/*"):
            return default
        if each in supported:
            return each
    raise RequestRefusedError(
        406, f"Accept type {accept} is not supported. Please use supported accept types: {', '.join(supported)}."
    )


def scores_answer(scores: list[Any], kind: str) -> Answer:
    """Predictions as SageMaker's built-in algorithms write them; a score is a number or a list of numbers."""
    if kind == CSV:
        lines = (",".join(map(str, score)) if isinstance(score, list) else str(score) for score in scores)
        return Answer("".join(f"{line}\n" for line in lines).encode(), CSV)
    documents = [{"score": score} for score in scores]
    if kind == JSON:
        return Answer(json.dumps({"predictions": documents}).encode(), JSON)
    return Answer("".join(json.dumps(document) + "\n" for document in documents).encode(), JSON_LINES)
