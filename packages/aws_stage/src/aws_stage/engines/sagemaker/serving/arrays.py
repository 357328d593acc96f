"""Arrays read from bodies and written to them, as AWS's inference toolkits do when a script leaves it to them."""

from __future__ import annotations

import io
import json
from typing import Any

import numpy as np

from aws_stage.engines.sagemaker.serving.media_types import CSV, JSON
from aws_stage.engines.sagemaker.serving.model import RequestRefusedError

NPY = "application/x-npy"
TEXT = (JSON, CSV)
"""Bodies of these types reach a script as text, all others as bytes."""


def decode(body: str | bytes, content_type: str) -> Any:
    """A NumPy array, of one dimension for one CSV row; raises RequestRefusedError (415) for another media type."""
    if content_type == JSON:
        return np.array(json.loads(body))
    if content_type == CSV:
        return np.genfromtxt(io.StringIO(str(body)), delimiter=",")
    if content_type == NPY and isinstance(body, bytes):
        return np.load(io.BytesIO(body), allow_pickle=False)
    raise unsupported(content_type)


def encode(values: Any, accept: str) -> str | bytes:
    """The body of an answer; raises RequestRefusedError (415) for another media type."""
    if accept == JSON:
        return json.dumps(values, default=_plain)
    if accept == CSV:
        text = io.StringIO()
        np.savetxt(text, values, delimiter=",", fmt="%s")
        return text.getvalue()
    if accept == NPY:
        packed = io.BytesIO()
        np.save(packed, values)
        return packed.getvalue()
    raise unsupported(accept)


def unsupported(content_type: str) -> RequestRefusedError:
    """The refusal of a media type."""
    return RequestRefusedError(415, f"Content type {content_type} is not supported by this framework.")


def _plain(value: Any) -> Any:
    if hasattr(value, "tolist"):
        return value.tolist()
    raise TypeError(f"{type(value).__name__} cannot be written as JSON")
