"""The chain of a receipts folder: which runs there were, and what their receipts and journals said when they ended.

``<folder>/chain-<origin>.jsonl`` has a line when a run begins (``opened``) and one when it ends (``closed``, with the
SHA-256 of the receipt and the journal). Each line holds the SHA-256 of the line before it, so that none can be changed
or taken out without a trace. The origin is drawn at random when the folder gets its first run; the folders of several
machines can therefore be copied into one.

What a chain cannot show is that its last lines were cut off together with the receipts and journals that they name.
"""

from __future__ import annotations

import errno
import fcntl
import hashlib
import json
import os
import secrets
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO, Any, Final

from datastreamer.errors import ConfigurationError
from datastreamer.events.receipt import Receipt

FIRST: Final = "0" * 64
"""Stands in a chain's first line for the hash of the line before."""
_PREFIX: Final = "chain-"
_SUFFIX: Final = ".jsonl"
_OWN: Final = ".chain"
"""Names the chain that this folder's own runs go on with."""


class Chain:
    """The chain to which runs of ``folder`` are added, by any number of processes at a time."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def opened(self, receipt: Receipt, file: str) -> None:
        """The run of ``receipt`` begins; ``file`` is the receipt's name in the folder."""
        known = {"stage": receipt.stage, "stream": receipt.stream, "started": receipt.started}
        self._append({"entry": "opened", "run_id": receipt.run_id, "receipt": file, **known})

    def closed(self, run_id: str, receipt_sha256: str, journal_sha256: str | None) -> None:
        """The run ended; the hashes are of its receipt and its journal (None: nothing was acknowledged)."""
        hashes = {"receipt_sha256": receipt_sha256, "journal_sha256": journal_sha256}
        self._append({"entry": "closed", "run_id": run_id, **hashes})

    def _append(self, entry: dict[str, Any]) -> None:
        """Add a line; raises ConfigurationError when it cannot be written."""
        try:
            with (self._folder / self._own_name()).open("a+b", buffering=0) as file:
                fcntl.flock(file, fcntl.LOCK_EX)
                file.seek(0)
                _add(file, file.read(), entry)
        except OSError as error:
            raise ConfigurationError(
                f"the chain of receipts in {self._folder} cannot be written: {error.strerror}. "
                "Name another place with --receipt"
            ) from error

    def _own_name(self) -> str:
        own = self._folder / _OWN
        name = f"{_PREFIX}{secrets.token_hex(6)}{_SUFFIX}"
        try:
            with own.open("x", encoding="utf-8") as file:
                fcntl.flock(file, fcntl.LOCK_EX)
                file.write(name)
        except FileExistsError:
            with own.open("r+", encoding="utf-8") as file:
                fcntl.flock(file, fcntl.LOCK_EX)
                found = file.read()
                if _is_chain(found):
                    return found
                file.seek(0)
                file.truncate()
                file.write(name)
        return name


@dataclass(frozen=True)
class Closed:
    """What a chain says of a run's end."""

    receipt_sha256: str
    journal_sha256: str | None


@dataclass(frozen=True)
class RunEntry:
    """What the chains of a folder say of a run; ``closed`` is None for one that never said that it ended."""

    run_id: str
    receipt: str
    stage: str
    stream: str
    started: str
    closed: Closed | None = None


@dataclass(frozen=True)
class Chains:
    """All chains of a folder: the runs by id, and what is ``broken``, by file name."""

    runs: dict[str, RunEntry]
    broken: dict[str, str]


def read_chains(folder: Path) -> Chains:
    """Read and check every chain in ``folder``."""
    runs: dict[str, RunEntry] = {}
    broken: dict[str, str] = {}
    for path in sorted(folder.glob(f"{_PREFIX}*{_SUFFIX}")):
        try:
            for entry in _entries(path):
                _note(entry, runs)
        except (OSError, ValueError, KeyError, TypeError) as error:
            broken[path.name] = str(error)
    return Chains(runs, broken)


def _add(file: IO[bytes], there: bytes, entry: dict[str, Any]) -> None:
    last = there.splitlines()[-1:]
    before = _line_hash(last[0]) if last else FIRST
    # A last line without an end was cut off: it is kept as it is, and shows as broken.
    gap = b"\n" if there and not there.endswith(b"\n") else b""
    text = gap + json.dumps({**entry, "before": before}).encode() + b"\n"
    if file.write(text) != len(text):
        file.truncate(len(there))
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    os.fsync(file.fileno())


def _entries(path: Path) -> Iterator[dict[str, Any]]:
    before = FIRST
    for number, line in enumerate(path.read_bytes().splitlines(), start=1):
        try:
            entry = json.loads(line)
        except ValueError as error:
            raise ValueError(f"line {number} is no JSON") from error
        if not isinstance(entry, dict) or entry.get("before") != before:
            raise ValueError(f"line {number} does not follow from the line before it: one was changed or taken out")
        before = _line_hash(line)
        yield entry


def _note(entry: dict[str, Any], runs: dict[str, RunEntry]) -> None:
    run_id = str(entry["run_id"])
    if entry["entry"] == "opened":
        runs[run_id] = RunEntry(
            run_id, str(entry["receipt"]), str(entry["stage"]), str(entry["stream"]), str(entry["started"])
        )
    elif entry["entry"] == "closed":
        closed = Closed(str(entry["receipt_sha256"]), entry["journal_sha256"])
        runs[run_id] = replace(runs[run_id], closed=closed)
    else:
        raise ValueError(f"an entry of the kind {entry['entry']!r}")


def _line_hash(line: bytes) -> str:
    return hashlib.sha256(line).hexdigest()


def _is_chain(name: str) -> bool:
    return name.startswith(_PREFIX) and name.endswith(_SUFFIX) and "/" not in name
