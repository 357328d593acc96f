"""From receipt to lake: is every line that Kinesis acknowledged among those that the lake has?

Two ways lead there. Where the digests of all that the receipts say of a device, or of a reason, equal the lake's, the
sets are equal: everything arrived, and nothing else. Where they differ (runs overlap, a run was killed, others write to
the same device too), the journals tell line by line: each of their hashes must be in the lake. A reading is there when
its id is; any other line must be there as often as it was acknowledged, since equal lines cannot be told apart.

A count that is large enough proves nothing, and is never taken for a proof.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from datastreamer.events.digest import Digest
from datastreamer.telemetry.audit.finding import MOST_NAMED, Finding, finding_of
from datastreamer.telemetry.audit.identities import NO_HASHES, Hashes, Identities
from datastreamer.telemetry.audit.receipts import SentRun

LOST = (
    "lines acknowledged by Kinesis that are in no table and in no raw object that waits for the job "
    "(on the way, or lost)"
)
OTHER_REASON = "lines that should be quarantined with another reason than they are, or are not quarantined"
_DEVICES_NAMED = 5


@dataclass(frozen=True)
class Delivery:
    """``proven``: acknowledged lines that were found, all of them of runs of which every line was. ``unproven``: what
    cannot be told, in sentences. ``remarks``: what is in the lake beyond the receipts."""

    proven: int
    findings: tuple[Finding, ...]
    unproven: tuple[str, ...]
    remarks: tuple[str, ...]


@dataclass(frozen=True)
class Lost:
    """``lines`` is how many are missing, ``hashes`` which."""

    lines: int
    hashes: Hashes


def prove(runs: Sequence[SentRun], lake: Identities, waiting: Identities) -> Delivery:
    """Look for all lines of ``runs`` in the ``lake``'s tables, and in raw objects ``waiting`` to be read by the job."""
    devices, reasons = _told(runs)
    lost = missing_from((lake, waiting), runs)
    proven, unproven = 0, []
    for run in runs:
        equal = _equal(run.receipt.identified, devices, lake.devices) and _equal(
            run.receipt.dirty_digests, reasons, lake.reasons
        )
        missing = int(np.isin(run.journal, lost.hashes).sum())
        identified = run.distinct.lines == run.receipt.readings - run.receipt.duplicates
        if identified and not missing and (run.names_all or (run.ended and equal)):
            proven += run.acknowledged
        elif run.acknowledged and not missing and run.receipt.format > 1:
            unproven.append(_why_not(run))
    return Delivery(
        proven,
        (*_lost_findings(runs, lost, devices, lake), *_reason_findings(reasons, lake, waiting)),
        tuple(unproven),
        tuple(_remarks(devices, lake)),
    )


def _told(runs: Sequence[SentRun]) -> tuple[dict[str, Digest], dict[str, Digest]]:
    """What all receipts together say: by device, and by reason."""
    devices: dict[str, Digest] = {}
    reasons: dict[str, Digest] = {}
    for run in runs:
        for told, sums in ((run.receipt.identified, devices), (run.receipt.dirty_digests, reasons)):
            for name, digest in told.items():
                sums[name] = sums.get(name, Digest()).plus(*digest)
    return devices, reasons


def _equal(names: Mapping[str, Digest], told: Mapping[str, Digest], found: Mapping[str, Digest]) -> bool:
    return all(told[name] == found.get(name) for name in names)


def missing_from(places: Sequence[Identities], runs: Sequence[SentRun]) -> Lost:
    """Which lines of the journals of ``runs`` are in none of the ``places``."""
    wanted, times = np.unique(np.concatenate([NO_HASHES, *(run.journal for run in runs)]), return_counts=True)
    readings = np.unique(np.concatenate([NO_HASHES, *(place.ids for place in places)]))
    other = ~np.isin(wanted, readings, assume_unique=True)
    wanted, times = wanted[other], times[other]
    lines, there = np.unique(np.concatenate([NO_HASHES, *(place.lines for place in places)]), return_counts=True)
    position = np.asarray(np.searchsorted(lines, wanted))
    known: NDArray[np.bool_] = position < len(lines)
    known[known] = lines[position[known]] == wanted[known]
    found = np.zeros(len(wanted), np.int64)
    found[known] = there[position[known]]
    short = times > found
    return Lost(int((times - found)[short].sum()), wanted[short])


def _why_not(run: SentRun) -> str:
    receipt = run.receipt
    if run.distinct.lines != receipt.readings - receipt.duplicates:
        return f"the {run.acknowledged:,} lines of run {receipt.run_id}: its receipt does not say which they are"
    return (
        f"the {run.acknowledged:,} lines of run {receipt.run_id}: the lake has other lines of its devices than the "
        f"receipts, and its journal {receipt.journal} is not there or not whole, which would tell them apart"
    )


def _lost_findings(
    runs: Sequence[SentRun], lost: Lost, devices: Mapping[str, Digest], lake: Identities
) -> Iterator[Finding]:
    if not lost.lines:
        return
    culprits = []
    for run in runs:
        missing = int(np.isin(run.journal, lost.hashes).sum())
        if missing:
            differing = [name for name in run.receipt.identified if devices[name] != lake.devices.get(name)]
            named = ", ".join(differing[:_DEVICES_NAMED]) + (", …" if len(differing) > _DEVICES_NAMED else "")
            of_devices = f", of {len(differing):,} devices ({named})" if differing else ""
            culprits.append((missing, f"run {run.receipt.run_id} ({missing:,}{of_devices}); it is in {run.where()}"))
    culprits.sort(key=lambda culprit: -culprit[0])
    yield Finding(LOST, lost.lines, tuple(text for _, text in culprits[:MOST_NAMED]))


def _reason_findings(told: Mapping[str, Digest], lake: Identities, waiting: Identities) -> Iterator[Finding]:
    if len(waiting.lines):  # The job has not said yet what these are.
        return
    short = {
        reason: digest.lines - lake.reasons.get(reason, Digest()).lines
        for reason, digest in told.items()
        if digest.lines > lake.reasons.get(reason, Digest()).lines
    }
    yield from finding_of(OTHER_REASON, short)


def _remarks(told: Mapping[str, Digest], lake: Identities) -> Iterator[str]:
    strange = {name: digest.lines for name, digest in lake.devices.items() if name not in told}
    if strange:
        yield (
            f"nothing is proven of {sum(strange.values()):,} readings of {len(strange):,} devices that no receipt "
            "knows, but that each is curated once"
        )
    more = sum(max(0, digest.lines - told[name].lines) for name, digest in lake.devices.items() if name in told)
    if more:
        yield f"{more:,} readings more than the receipts say are curated for their devices"
