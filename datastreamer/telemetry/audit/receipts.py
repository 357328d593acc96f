"""The witnesses on the sensors' side: receipts, their journals, and the chain that holds them together."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import numpy as np

from datastreamer.errors import ConfigurationError
from datastreamer.events.chain import Chains, RunEntry, read_chains
from datastreamer.events.digest import HASH_BYTES, Digest, digest_sum
from datastreamer.events.receipt import COUNTS_ONLY, Receipt, receipts_in
from datastreamer.telemetry.audit.finding import Finding, finding_that_names
from datastreamer.telemetry.audit.identities import NO_HASHES, Hashes

EDITED = "receipts that are not as their runs saved them"
GONE = "runs whose receipts are gone, though the chain tells of them"
BROKEN_CHAINS = "chains of receipts that were changed"
JOURNALS = "journals that are not as their runs left them"


@dataclass(frozen=True)
class SentRun:
    """A run of a sensor: its ``receipt``, and the hash of each line in its ``journal``, empty when it has none.

    ``ended``: the receipt is the run's last word, as the chain says too; else the journal may know of more.
    """

    receipt: Receipt
    journal: Hashes = field(default_factory=lambda: NO_HASHES)
    ended: bool = True

    @property
    def acknowledged(self) -> int:
        """Lines that Kinesis acknowledged: as many as the receipt says, and those that only the journal knows of."""
        return self.receipt.readings + max(0, len(self.journal) - self.distinct.lines)

    @property
    def distinct(self) -> Digest:
        """Of the lines that the receipt knows of, copies left out."""
        return digest_sum([*self.receipt.identified.values(), *self.receipt.dirty_digests.values()])

    @property
    def names_all(self) -> bool:
        """Whether the journal has every line that the receipt knows of."""
        return len(self.journal) >= self.distinct.lines

    def where(self) -> str:
        """Where in the stream its records are."""
        shards = sorted(self.receipt.shards.items())
        return "; ".join(f"{name} {told.first_sequence_number} to {told.last_sequence_number}" for name, told in shards)


@dataclass(frozen=True)
class Receipts:
    """What an audit stands on. ``older``: how many receipts were left out, for their stream is not this one.

    ``findings``: what was changed or taken away; ``unproven``: what cannot be told, in sentences.
    """

    runs: tuple[SentRun, ...]
    older: int = 0
    findings: tuple[Finding, ...] = ()
    unproven: tuple[str, ...] = ()

    @property
    def acknowledged(self) -> int:
        """Lines that Kinesis acknowledged."""
        return sum(run.acknowledged for run in self.runs)

    @property
    def running(self) -> int:
        """Runs that have not said that they ended."""
        return sum(not run.ended for run in self.runs)


def read_receipts(directory: Path, stage: str, stream: str, created: datetime) -> Receipts:
    """The receipts in ``directory`` of the ``stream`` that was ``created`` then.

    A stream that was deleted and made again has lost what was sent to the one before it, so receipts that are older
    than the stream are counted, not used.
    """
    unreadable: dict[str, str] = {}

    def refuse(path: Path, error: ConfigurationError) -> None:
        unreadable[path.name] = str(error)

    all_found = list(receipts_in(directory, stage, refuse))
    # The service rounds the creation time to seconds.
    first = int(created.timestamp())
    mine = [(path, found) for path, found in all_found if found.stream == stream]
    current = [(path, found) for path, found in mine if _moment(found.started) >= first]
    chains = read_chains(directory)
    expected = {
        run_id: entry
        for run_id, entry in chains.runs.items()
        if (entry.stage, entry.stream) == (stage, stream) and _moment(entry.started) >= first
    }
    present = {found.run_id for _, found in all_found}
    gone = {
        run_id: entry.receipt
        for run_id, entry in expected.items()
        if run_id not in present and entry.receipt not in unreadable
    }
    examined = _Examination(directory, expected)
    runs = tuple(examined.runs(current))
    findings = (
        *finding_that_names(EDITED, unreadable | examined.edited),
        *finding_that_names(GONE, gone),
        *finding_that_names(BROKEN_CHAINS, chains.broken),
        *finding_that_names(JOURNALS, examined.journals),
    )
    return Receipts(runs, len(mine) - len(current), findings, tuple(_unproven(runs, chains)))


class _Examination:
    """Holds receipts and journals against what the chain says; ``edited`` and ``journals`` name what does not fit."""

    def __init__(self, directory: Path, entries: Mapping[str, RunEntry]) -> None:
        self._directory = directory
        self._entries = entries
        self.edited: dict[str, str] = {}
        self.journals: dict[str, str] = {}

    def runs(self, receipts: Sequence[tuple[Path, Receipt]]) -> Iterator[SentRun]:
        seen: set[tuple[str, str]] = set()
        for path, receipt in receipts:
            saved = hashlib.sha256(path.read_bytes()).hexdigest()
            # A receipt that was copied within the folder is one receipt.
            if (receipt.run_id, saved) not in seen:
                seen.add((receipt.run_id, saved))
                yield self._run(path, receipt, saved)

    def _run(self, path: Path, receipt: Receipt, saved: str) -> SentRun:
        entry = self._entries.get(receipt.run_id)
        closed = entry.closed if entry else None
        distinct = digest_sum([*receipt.identified.values(), *receipt.dirty_digests.values()])
        if closed and saved != closed.receipt_sha256:
            self.edited[path.name] = "the chain has the hash of another one"
        elif receipt.identified and distinct.lines + receipt.duplicates != receipt.readings:
            self.edited[path.name] = "its counts contradict each other"
        body = self._journal(receipt)
        if body is None:
            return SentRun(receipt, ended=receipt.is_final and closed is not None)
        journal = np.frombuffer(body[: len(body) // HASH_BYTES * HASH_BYTES], "<u8").astype(np.uint64)
        told = journal[: receipt.journal_bytes // HASH_BYTES]
        if len(body) < receipt.journal_bytes:
            missing = (receipt.journal_bytes - len(body)) // HASH_BYTES
            self.journals[receipt.journal] = f"it is cut off, {missing:,} lines are gone"
        elif closed and hashlib.sha256(body).hexdigest() != closed.journal_sha256:
            self.journals[receipt.journal] = "the chain has the hash of another one"
        elif len(told) == distinct.lines and int(np.add.reduce(told)) != distinct.total:
            self.journals[receipt.journal] = f"it has other lines than the receipt {path.name}"
        return SentRun(receipt, journal, receipt.is_final and closed is not None)

    def _journal(self, receipt: Receipt) -> bytes | None:
        """None for a journal that is not there, as in a folder to which only receipts were copied."""
        name = Path(receipt.journal).name
        path = self._directory / name
        return path.read_bytes() if name and path.is_file() else None


def _unproven(runs: Sequence[SentRun], chains: Chains) -> Iterator[str]:
    for run in runs:
        receipt = run.receipt
        if receipt.format == COUNTS_ONLY:
            yield f"the {receipt.readings:,} lines of run {receipt.run_id}: its receipt, of format 1, says not which"
        elif run.acknowledged and receipt.run_id not in chains.runs:
            yield f"that the receipt of run {receipt.run_id} is whole: no chain in its folder tells of it"


def _moment(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()
