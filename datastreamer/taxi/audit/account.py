"""The accounts of bronze, and what is wrong with them: every witness is asked by itself, and what they say compared.

The witnesses: the bronze objects, counted from themselves; the job's newest manifest of each month; the files of both
tables, as S3 lists them; and the rows that Athena counts.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from datastreamer.taxi.bronze import Listing
from datastreamer.taxi.month import Month
from datastreamer.taxi.silver.manifest import Manifest, ObjectCounts


@dataclass(frozen=True)
class Account:
    """What became of the ``rows`` of one file; ``silver`` and ``quarantined`` (by reason) as Athena counts them."""

    month: str
    source_object: str
    rows: int
    silver: int = 0
    quarantined: Mapping[str, int] = field(default_factory=dict)

    @property
    def written(self) -> int:
        """Rows in both tables."""
        return self.silver + sum(self.quarantined.values())


@dataclass(frozen=True)
class Problem:
    """A broken ``law``, at which ``place`` (an object, a month), and what was found there."""

    law: str
    place: str
    found: str


@dataclass(frozen=True)
class TableRows:
    """What Athena counts: trips by object, rejected rows by object and reason; and by month, what must not be: trips
    whose pick-up is in another month, and trips beyond the first of one id."""

    silver: Mapping[str, int]
    quarantined: Mapping[str, Mapping[str, int]]
    misplaced: Mapping[str, int]
    repeated: Mapping[str, int]


@dataclass(frozen=True)
class Evidence:
    """What every witness says. ``rows``: of each object in ``listing``; ``files``: sizes [bytes] of what lies in the
    tables, by URI."""

    listing: Listing
    rows: Mapping[str, int]
    manifests: Mapping[Month, Manifest]
    tables: TableRows
    files: Mapping[str, int]


@dataclass(frozen=True)
class Verdict:
    """The accounts of all files in bronze, and every broken law."""

    accounts: Sequence[Account]
    problems: Sequence[Problem]

    @property
    def holds(self) -> bool:
        """Whether all is proven; where bronze is empty nothing is."""
        return bool(self.accounts) and not self.problems

    def total(self) -> Account:
        """All files together."""
        reasons: dict[str, int] = {}
        for account in self.accounts:
            for reason, rows in account.quarantined.items():
                reasons[reason] = reasons.get(reason, 0) + rows
        rows, silver = (sum(getattr(account, name) for account in self.accounts) for name in ("rows", "silver"))
        return Account("", "", rows, silver, dict(sorted(reasons.items())))

    def document(self) -> dict[str, Any]:
        """For machines."""
        total = self.total()
        return {
            "holds": self.holds,
            "rows": total.rows,
            "silver": total.silver,
            "quarantined": sum(total.quarantined.values()),
            "quarantined_by_reason": dict(total.quarantined),
            "files": [{**vars(account), "quarantined": dict(account.quarantined)} for account in self.accounts],
            "problems": [vars(problem) for problem in self.problems],
        }


def reconcile(evidence: Evidence) -> Verdict:
    """Compare what the witnesses say."""
    accounts = [
        Account(
            str(month),
            item.uri,
            evidence.rows[item.uri],
            evidence.tables.silver.get(item.uri, 0),
            evidence.tables.quarantined.get(item.uri, {}),
        )
        for month, objects in evidence.listing.months.items()
        for item in objects
    ]
    problems = [
        *(
            Problem("an object that lies in no month's folder is not read", uri, "move it")
            for uri in evidence.listing.strays
        ),
        *_of_files(evidence, accounts),
        *_of_months(evidence, accounts),
        *_of_table_files(evidence),
    ]
    return Verdict(accounts, problems)


def _of_files(evidence: Evidence, accounts: Sequence[Account]) -> Iterator[Problem]:
    """Each file of bronze: made as it is now, each row in one of the tables, and counted so by the job."""
    made = {item.source_object: item for manifest in evidence.manifests.values() for item in manifest.objects}
    etags = {item.uri: item.etag for objects in evidence.listing.months.values() for item in objects}
    for account in accounts:
        uri, by_job = account.source_object, made.get(account.source_object)
        if by_job is None or by_job.etag != etags[uri]:
            state = "new" if by_job is None else "another content than the tables were made of"
            yield Problem("every file is in the tables as it is", uri, f"{state}; datastreamer taxi silver makes it")
        elif account.rows != account.written:
            yield Problem(
                "rows = silver + quarantine",
                uri,
                f"{account.rows:,} rows; {account.silver:,} trips and {account.written - account.silver:,} rejected",
            )
        elif not _agrees(account, by_job):
            yield Problem("the tables have what the job wrote", uri, "rows moved from one table or reason to another")


def _agrees(account: Account, by_job: ObjectCounts) -> bool:
    return (account.silver, dict(account.quarantined)) == (by_job.silver, dict(by_job.quarantined))


def _of_months(evidence: Evidence, accounts: Sequence[Account]) -> Iterator[Problem]:
    known, tables = {account.source_object for account in accounts}, evidence.tables
    for uri in sorted((tables.silver.keys() | tables.quarantined.keys()) - known):
        rows = tables.silver.get(uri, 0) + sum(tables.quarantined.get(uri, {}).values())
        yield Problem("every row of the tables is in bronze", uri, f"{rows:,} rows of a file that bronze has not")
    for month, trips in tables.misplaced.items():
        yield Problem("a trip is in the month of its pick-up", month, f"{trips:,} trips of another month")
    for month, trips in tables.repeated.items():
        yield Problem("each trip is there once", month, f"{trips:,} trips more than ids")


def _of_table_files(evidence: Evidence) -> Iterator[Problem]:
    law = "the tables' files are those that the job published"
    published = {item.published: item.size for manifest in evidence.manifests.values() for item in manifest.files}
    for uri in sorted(published.keys() | evidence.files.keys()):
        size, there = published.get(uri), evidence.files.get(uri)
        if there is None:
            yield Problem(law, uri, "it is gone")
        elif size is None:
            yield Problem(law, uri, "no run has published it")
        elif size != there:
            yield Problem(law, uri, f"it has {there:,} bytes and not {size:,}")
