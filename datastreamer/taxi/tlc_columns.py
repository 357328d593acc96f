"""Which columns a file of a month must have; apart from TLC's types, so that the job needs no Arrow for it."""

from __future__ import annotations

from collections.abc import Iterable

from datastreamer.events.trip import FIELDS
from datastreamer.taxi.month import Month


def missing_columns(names: Iterable[str], month: Month) -> list[str]:
    """TLC's names of the columns that a file of ``month`` must have and that are not among ``names``, in any case."""
    there = {name.lower() for name in names}
    return [field.tlc for field in FIELDS if field.tlc.lower() not in there and str(month) >= field.absent_before]
