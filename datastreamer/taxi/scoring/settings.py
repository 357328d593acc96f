"""What the function is given by its environment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from datastreamer.scoring.environment import required, whole_number


@dataclass(frozen=True)
class Settings:
    """The function's settings, one field an environment variable of the same name in capitals.

    ``thresholds_seconds``: how long rules are believed before they are looked up again.
    """

    function_name: str
    stage: str
    endpoint_name: str
    thresholds_table: str
    delivery_stream: str
    parking_bucket: str
    max_rows_per_call: int = 1000
    thresholds_seconds: int = 60

    @classmethod
    def from_env(cls, environ: Mapping[str, str]) -> Settings:
        """The settings that ``environ`` holds; raises ConfigurationError naming the variable that is missing or wrong.

        ``AWS_LAMBDA_FUNCTION_NAME`` is set by Lambda itself.
        """
        return cls(
            function_name=required(environ, "AWS_LAMBDA_FUNCTION_NAME"),
            stage=required(environ, "STAGE"),
            endpoint_name=required(environ, "ENDPOINT_NAME"),
            thresholds_table=required(environ, "THRESHOLDS_TABLE"),
            delivery_stream=required(environ, "DELIVERY_STREAM"),
            parking_bucket=required(environ, "PARKING_BUCKET"),
            max_rows_per_call=whole_number("MAX_ROWS_PER_CALL", environ.get("MAX_ROWS_PER_CALL") or "1000"),
            thresholds_seconds=whole_number("THRESHOLDS_SECONDS", environ.get("THRESHOLDS_SECONDS") or "60"),
        )
