"""``DynamicFrame``: a name around a DataFrame."""

from __future__ import annotations

from typing import Any

from pyspark.sql import DataFrame

from awsglue.context import GlueContext
from awsglue.missing import refuse


class DynamicFrame:
    """``fromDF`` and ``toDF``, ``count``, ``schema`` aside, every method is refused."""

    def __init__(self, frame: DataFrame, glue_ctx: GlueContext, name: str = "") -> None:
        self._frame = frame
        self.glue_ctx = glue_ctx
        self.name = name

    @classmethod
    def fromDF(cls, dataframe: DataFrame, glue_ctx: GlueContext, name: str) -> DynamicFrame:  # noqa: N802  Glue's own name
        """Wrap a DataFrame."""
        return cls(dataframe, glue_ctx, name)

    def toDF(self, options: Any = None) -> DataFrame:  # noqa: N802  Glue's own name
        """The DataFrame inside."""
        if options:
            refuse("DynamicFrame.toDF with options")
        return self._frame

    def count(self) -> int:
        """The number of rows."""
        return self._frame.count()

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        refuse(f"DynamicFrame.{name}")
