"""Glue crawlers that look at the files and write what they find into the Data Catalog."""

from __future__ import annotations

from aws_stage.kernel.engine import Engine, Stage


def create(stage: Stage) -> Engine:
    """The engine of ``glue:StartCrawler`` and its relatives."""
    from aws_stage.engines.glue_crawler.engine import GlueCrawler

    return GlueCrawler(stage)
