"""What the writes of one crawl into the Data Catalog share."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from aws_stage.engines.glue_crawler.options import Options
from aws_stage.kernel.clock import Clock

CRAWLER = "UPDATED_BY_CRAWLER"
DEPRECATED = "DEPRECATED_BY_CRAWLER"
"""Parameters that a crawler leaves on tables and partitions."""


@dataclass
class Changes:
    """Names of tables, and numbers of partitions, by what happened to them."""

    tables_created: list[str] = field(default_factory=list)
    tables_updated: list[str] = field(default_factory=list)
    tables_deleted: list[str] = field(default_factory=list)
    partitions_created: int = 0
    partitions_updated: int = 0
    partitions_deleted: int = 0


@dataclass(frozen=True)
class CatalogSession:
    """``client`` is boto3's for Glue; ``log`` takes a line of the crawl's log."""

    client: Any
    clock: Clock
    database: str
    crawler: str
    options: Options
    log: Callable[[str], None]
    changes: Changes = field(default_factory=Changes)

    def millis(self) -> str:
        """The present moment as a parameter's value."""
        return str(int(self.clock.now().timestamp() * 1000))
