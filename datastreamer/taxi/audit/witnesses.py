"""Hearing the witnesses of the audit on a stage."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

from datastreamer.aws.athena import run_query
from datastreamer.aws.s3_objects import queried_files
from datastreamer.taxi.audit.account import Evidence, TableRows, Verdict, reconcile
from datastreamer.taxi.audit.bronze_rows import count_rows
from datastreamer.taxi.bronze import list_bronze
from datastreamer.taxi.names import Names
from datastreamer.taxi.schema import QUARANTINE_TABLE, SILVER_TABLE
from datastreamer.taxi.silver.commit import MonthLog

if TYPE_CHECKING:
    from mypy_boto3_athena import AthenaClient

NewClient = Callable[[str], Any]

TRIPS = (
    "SELECT source_object, year || '-' || month, COUNT(*), "  # noqa: S608  a constant
    "COUNT_IF(date_format(pickup_time, '%Y-%m') <> year || '-' || month) "
    f"FROM {SILVER_TABLE} GROUP BY source_object, year, month"
)
REPEATED = (
    "SELECT year || '-' || month, COUNT(*) - COUNT(DISTINCT trip_id) "  # noqa: S608  a constant
    f"FROM {SILVER_TABLE} GROUP BY year, month"
)
REJECTED = f"SELECT source_object, reason, COUNT(*) FROM {QUARANTINE_TABLE} GROUP BY source_object, reason"  # noqa: S608


def audit(names: Names, client: NewClient, report: Callable[[str], None] = lambda _state: None) -> Verdict:
    """Ask every witness, and compare what they say. Reads of bronze the footers of Parquet files and CSV whole.

    ``report`` is called with what is being done. Raises ConfigurationError for a broken object or manifest.
    """
    s3 = client("s3")
    log = MonthLog(s3, names.state, {})
    # Manifests come before the listing: a file that arrives in between is then new, and not a surprise.
    manifests = log.newest()
    listing = list_bronze(s3, names.bronze)
    objects = [item for each in listing.months.values() for item in each]
    rows = count_rows(s3, objects, lambda done: report(f"{done:,} of {len(objects):,} files counted"))
    report("asking Athena")
    tables = _table_rows(client("athena"), names)
    files = {uri: size for table in (names.silver, names.quarantine) for uri, size in queried_files(s3, table)}
    return reconcile(Evidence(listing, rows, manifests, tables, files))


def _table_rows(athena: AthenaClient, names: Names) -> TableRows:
    def ask(sql: str) -> list[list[str | None]]:
        return run_query(athena, sql, workgroup=names.workgroup, database=names.database).rows

    trips = [(str(uri), str(month), int(all_of or 0), int(other or 0)) for uri, month, all_of, other in ask(TRIPS)]
    quarantined: dict[str, dict[str, int]] = {}
    for uri, reason, rows in ask(REJECTED):
        quarantined.setdefault(str(uri), {})[str(reason)] = int(rows or 0)
    return TableRows(
        silver=_sums((uri, rows) for uri, _, rows, _ in trips),
        quarantined=quarantined,
        misplaced=_sums((month, other) for _, month, _, other in trips if other),
        repeated=_sums((str(month), int(more or 0)) for month, more in ask(REPEATED) if int(more or 0)),
    )


def _sums(counts: Iterable[tuple[str, int]]) -> Mapping[str, int]:
    sums: dict[str, int] = {}
    for name, rows in counts:
        sums[name] = sums.get(name, 0) + rows
    return dict(sorted(sums.items()))
