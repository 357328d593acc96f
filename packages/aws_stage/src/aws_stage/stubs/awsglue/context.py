"""``GlueContext``: a Spark session with Glue's name on it."""

from __future__ import annotations

from typing import Any

from pyspark import SparkContext
from pyspark.sql import SparkSession

from awsglue.missing import refuse


class GlueContext:
    """Gives ``spark_session`` and ``get_logger``; every source and sink of Glue's own is refused."""

    def __init__(self, sparkContext: SparkContext, **_options: Any) -> None:  # noqa: N803  Glue's own name
        self.spark_session = SparkSession(sparkContext)
        self._sc = sparkContext

    def get_logger(self) -> Any:
        """A logger with ``info``, ``warn``, ``error`` and ``debug``."""
        return self._sc._jvm.org.apache.log4j.LogManager.getLogger("GlueLogger")  # type: ignore[union-attr]

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        refuse(f"GlueContext.{name}")
