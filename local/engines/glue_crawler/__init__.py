"""Glue crawlers that look at the files and write what they find into the Data Catalog."""

from __future__ import annotations

from local.engine import Engine, Stage


def create(stage: Stage) -> Engine:
    """The engine of ``glue:StartCrawler`` and its relatives."""
    from local.engines.glue_crawler.engine import GlueCrawler

    return GlueCrawler(stage)
