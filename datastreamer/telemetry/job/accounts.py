"""A turn's accounts: every line that was read must be found again before the turn may be committed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from datastreamer.errors import JobFailedError
from datastreamer.events.reading import CONFLICTING_EVENT_ID
from datastreamer.telemetry.manifest import ObjectCounts, RawObject


@dataclass(frozen=True)
class LineCount:
    """Lines of object number ``object`` that were validated alike; ``reason`` None: valid readings.

    ``fault``: why the object could not be read to its end; said once an object.
    """

    object: int
    reason: str | None
    fault: str | None
    lines: int


def balance(
    bucket: str,
    objects: Sequence[RawObject],
    *,
    validated: Iterable[LineCount],
    dropped: Mapping[int, int],
    curated: Mapping[str, int],
    quarantined: Mapping[tuple[str, str], int],
    conflicting: Mapping[int, int] | None = None,
) -> list[ObjectCounts]:
    """The accounts of each object.

    ``validated`` was counted while reading, ``dropped`` (duplicates by object number) and ``conflicting`` (other
    readings under a used id, which are quarantined although they are valid) while copies were looked for; ``curated``
    (rows by source object) and ``quarantined`` (rows by source object and reason) in the files that were written.
    Raises JobFailedError when they disagree: the turn must not be committed.
    """
    lines: dict[int, dict[str | None, int]] = {number: {} for number in range(len(objects))}
    faults: dict[int, str] = {}
    for item in validated:
        lines[item.object][item.reason] = lines[item.object].get(item.reason, 0) + item.lines
        if item.fault is not None:
            faults[item.object] = item.fault
    rejected_rows: dict[str, dict[str, int]] = {}
    for (uri, reason), rows in sorted(quarantined.items()):
        rejected_rows.setdefault(uri, {})[reason] = rows
    accounts = []
    for number, found in enumerate(objects):
        uri = f"s3://{bucket}/{found.key}"
        counts = ObjectCounts(
            source_object=uri,
            etag=found.etag,
            size=found.size,
            last_modified=found.last_modified,
            lines=sum(lines[number].values()),
            curated=curated.get(uri, 0),
            duplicates=dropped.get(number, 0),
            quarantined=rejected_rows.get(uri, {}),
            fault=faults.get(number),
        )
        rejected = {reason: count for reason, count in lines[number].items() if reason is not None and count}
        valid = lines[number].get(None, 0)
        if conflicts := (conflicting or {}).get(number, 0):
            rejected[CONFLICTING_EVENT_ID] = conflicts
            valid -= conflicts
        if valid != counts.curated + counts.duplicates or rejected != counts.quarantined:
            raise JobFailedError(
                f"{uri} does not balance: read {valid} valid readings and {rejected}, wrote {counts.curated} curated "
                f"and {dict(counts.quarantined)}, dropped {counts.duplicates} duplicates. Nothing was committed."
            )
        accounts.append(counts)
    return accounts
