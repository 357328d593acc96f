"""What Athena is asked about a day of predictions."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from datastreamer.taxi.drift.stability import Bins
from datastreamer.taxi.prediction import LATEST_VIEW


def versions(day: date) -> str:
    """Rows (version, trips, median of the absolute residual): which versions scored the trips of ``day`` (UTC)."""
    return (
        f"SELECT model_version, COUNT(*), approx_percentile(abs(residual), 0.5) FROM {LATEST_VIEW}"  # noqa: S608  our own
        f" WHERE event_date = '{day}' GROUP BY model_version ORDER BY model_version"
    )


def histograms(day: date, version: str, bins: Mapping[str, Bins]) -> str:
    """Rows (name, bin, trips) of each of ``bins``, by name of the column; the bin of missing values is the last.

    ``version`` is a number; Trino's width_bucket takes no edges that are not even on the local stage, a CASE does.
    """
    parts = [
        f"SELECT '{name}' AS name, {_bin(name, each)} AS bin, COUNT(*) AS trips FROM {LATEST_VIEW}"  # noqa: S608  our own
        f" WHERE event_date = '{day}' AND model_version = '{int(version)}' GROUP BY 2"
        for name, each in bins.items()
    ]
    return " UNION ALL ".join(parts)


def _bin(column: str, bins: Bins) -> str:
    whens = " ".join(f"WHEN {column} <= {edge!r} THEN {number}" for number, edge in enumerate(bins.edges))
    return f"CASE WHEN {column} IS NULL THEN {len(bins.shares)} {whens} ELSE {len(bins.edges)} END"
