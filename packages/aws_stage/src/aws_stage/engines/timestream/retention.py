"""How long records live: by their age, first in the memory store, then in the magnetic store.

Developer guide, "Storage" and "Writes": a record that is as old as the magnetic store's retention is deleted.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from aws_stage.engines.timestream.control.catalogue import Table


def oldest_in_memory(table: Table, now: datetime) -> datetime:
    """Where the memory store begins."""
    return now - timedelta(hours=table.memory_hours)


def oldest_shown(table: Table, now: datetime) -> datetime:
    """Where the table begins: what is older has expired. It is never before year 1 (retention goes to 200 years)."""
    return min(now - timedelta(days=table.magnetic_days), oldest_in_memory(table, now))
