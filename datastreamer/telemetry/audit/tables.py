"""The witnesses on the lake's side: every file of both tables, held against the manifests, byte for byte."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pyarrow as pa

from datastreamer.aws.s3_location import S3Location, bucket_and_key
from datastreamer.aws.s3_objects import queried_files
from datastreamer.telemetry.audit.finding import MOST_NAMED, Finding, finding_that_names
from datastreamer.telemetry.audit.identities import Identities, of_curated, of_quarantined, together
from datastreamer.telemetry.manifest import DataFile, Manifest

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

MISSING = "files that a committed run published and that are gone"
FOREIGN = "files in a table that no committed run published"
CHANGED = "files in a table that are not as a committed run published them"
_READERS = 8


@dataclass(frozen=True)
class TableFiles:
    """What is in the files; ``unproven`` says in sentences of which nobody knows whether they are whole."""

    identities: Identities
    findings: tuple[Finding, ...]
    unproven: tuple[str, ...]


@dataclass(frozen=True)
class _Checked:
    problem: str
    identities: Identities


def check_tables(
    s3: S3Client,
    curated: S3Location,
    quarantine: S3Location,
    manifests: Sequence[Manifest],
    checked: Callable[[int, int], None] = lambda _done, _total: None,
) -> TableFiles:
    """Read every file that the ``manifests`` name, and list both tables for others; ``checked`` is told how many of how
    many files are done."""
    named = {file.published: file for manifest in manifests for file in manifest.files}
    listed = {uri for table in (curated, quarantine) for uri, _ in queried_files(s3, table)}
    there = [file for uri, file in named.items() if uri in listed]
    problems: dict[str, str] = {}
    parts: list[Identities] = []

    def check(file: DataFile) -> _Checked:
        return _check(s3, file, of_curated if file.published.startswith(curated.uri) else of_quarantined)

    with ThreadPoolExecutor(_READERS) as pool:
        for done, (file, found) in enumerate(zip(there, pool.map(check, there), strict=True), start=1):
            parts.append(found.identities)
            if found.problem:
                problems[file.published] = found.problem
            checked(done, len(there))
    findings = (
        *finding_that_names(MISSING, dict.fromkeys(named.keys() - listed, "")),
        *finding_that_names(FOREIGN, dict.fromkeys(listed - named.keys(), "")),
        *finding_that_names(CHANGED, problems),
    )
    return TableFiles(together(parts), findings, tuple(_unproven([file for file in there if not file.sha256])))


def _check(s3: S3Client, file: DataFile, identities_of: Callable[[bytes], Identities]) -> _Checked:
    bucket, key = bucket_and_key(file.published)
    body = s3.get_object(Bucket=bucket, Key=key)["Body"].read()
    problem = ""
    if file.sha256 and hashlib.sha256(body).hexdigest() != file.sha256:
        problem = "its checksum is another one"
    try:
        found = identities_of(body)
        rows = sum(digest.lines for digest in (*found.devices.values(), *found.reasons.values()))
        if file.rows is not None and rows != file.rows:
            problem = problem or f"it has {rows:,} rows and not {file.rows:,}"
        return _Checked(problem, found)
    except (pa.ArrowException, KeyError, ValueError) as error:
        return _Checked(f"it cannot be read ({error})", Identities())


def _unproven(files: Sequence[DataFile]) -> Iterator[str]:
    if files:
        names = ", ".join(sorted(file.published for file in files)[:MOST_NAMED])
        yield (
            f"that {len(files):,} files are as they were published: an earlier version of the job wrote no checksums ("
            f"{names}{', …' if len(files) > MOST_NAMED else ''})"
        )
