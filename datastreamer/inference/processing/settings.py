"""What the function is told by its environment."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from datastreamer.errors import ConfigurationError
from datastreamer.scoring.environment import required, whole_number
from datastreamer.scoring.payload import CONTENT_TYPES, CSV


@dataclass(frozen=True)
class Settings:
    """The function's settings, one field an environment variable of the same name in capitals.

    ``score_threshold``: from which score on a record's label is 1; None gives no label. ``ttl_days``: how long after
    its arrival an item is kept; None keeps it for ever.
    """

    function_name: str
    endpoint_name: str
    table_name: str
    dlq_bucket: str
    content_type: str = CSV
    max_rows_per_call: int = 1000
    score_threshold: float | None = None
    ttl_days: int | None = None

    @classmethod
    def from_env(cls, environ: Mapping[str, str]) -> Settings:
        """The settings that ``environ`` holds; raises ConfigurationError naming the variable that is missing or wrong.

        ``AWS_LAMBDA_FUNCTION_NAME`` is set by Lambda itself.
        """
        content_type = environ.get("CONTENT_TYPE") or CSV
        if content_type not in CONTENT_TYPES:
            raise ConfigurationError(f"CONTENT_TYPE must be one of {', '.join(CONTENT_TYPES)}, not {content_type!r}")
        threshold = environ.get("SCORE_THRESHOLD")
        days = environ.get("TTL_DAYS")
        return cls(
            function_name=required(environ, "AWS_LAMBDA_FUNCTION_NAME"),
            endpoint_name=required(environ, "ENDPOINT_NAME"),
            table_name=required(environ, "TABLE_NAME"),
            dlq_bucket=required(environ, "DLQ_BUCKET"),
            content_type=content_type,
            max_rows_per_call=whole_number("MAX_ROWS_PER_CALL", environ.get("MAX_ROWS_PER_CALL") or "1000"),
            score_threshold=_finite("SCORE_THRESHOLD", threshold) if threshold else None,
            ttl_days=whole_number("TTL_DAYS", days) if days else None,
        )


def _finite(name: str, text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise ConfigurationError(f"{name} must be a finite number, not {text!r}")
    return value
