"""The receipt of a sensor run: what Kinesis acknowledged, so that an audit can find every reading again.

A receipt is a JSON file. It is replaced atomically every few seconds during a run, so a run that is killed leaves the
truth so far: ``state`` is then still ``running``, and the counts are a lower bound (``in_flight`` says how many lines
had been handed to Kinesis without an answer when it was last saved; more may have followed until the kill). The
journal beside it (datastreamer/events/journal.py) then has the rest.

A receipt carries a checksum of itself. Format 1, which earlier versions wrote, has neither checksum nor digests nor a
journal: it says how many lines were acknowledged, and not which.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from datastreamer.errors import ConfigurationError
from datastreamer.events.digest import Digest

FORMAT: Final = 2
COUNTS_ONLY: Final = 1
"""The format without digests."""
DEFAULT_DIRECTORY: Final = Path("receipts")

RUNNING: Final = "running"
FINISHED: Final = "finished"
STOPPED: Final = "stopped"
ABORTED: Final = "aborted"
FAILED: Final = "failed"
STATES: Final = (RUNNING, FINISHED, STOPPED, ABORTED, FAILED)
"""``finished``: all was sent. ``stopped``: ended by Ctrl+C, and what had been produced was sent. ``aborted``: ended at
once by a second Ctrl+C, ``failed``: ended by an error; both may leave lines unsent."""


@dataclass
class ShardReceipt:
    """What one shard acknowledged; sequence numbers are decimal strings and compare as integers."""

    records: int
    first_sequence_number: str
    last_sequence_number: str


@dataclass
class Receipt:
    """What one run of a sensor got acknowledged. Counts are of acknowledged data unless said otherwise.

    ``readings``: lines, whatever they hold. ``records``: Kinesis records. ``bytes``: of their data, without keys.
    ``dirty``: lines that break the contract, by the reason code that the lake must give each. ``duplicates``: lines
    that repeat an earlier valid reading of the run byte for byte. ``late``: valid readings measured hours or days
    before they were sent; of a fleet's events, those that later ones have overtaken. ``devices``: readings by device.
    ``shards``: by shard id.

    ``retried``: records sent again. ``failed``: attempts of records that failed. ``uncertain``: lines whose answer was
    lost (counted once an attempt), so that each may be in the stream once more than acknowledged. ``unsent``: lines
    that were produced but never acknowledged (0 while a run goes on); ``in_flight`` of them had been handed to
    Kinesis, so that they may be in the stream all the same. ``unreadable_rows``: rows of a replayed file that made no
    reading.

    ``identified``: the distinct valid readings by device (Kinesis' partition key), ``dirty_digests``: the dirty lines
    by reason; both empty for a source whose lines have no identity. ``journal``: name of the journal's file, beside the
    receipt; ``journal_bytes``: how much was in it when the receipt was saved.
    """

    run_id: str
    source: str
    stage: str
    stream: str
    region: str
    started: str
    state: str = RUNNING
    ended: str | None = None
    saved: str | None = None
    options: dict[str, Any] = field(default_factory=dict)
    readings: int = 0
    records: int = 0
    bytes: int = 0
    dirty: dict[str, int] = field(default_factory=dict)
    duplicates: int = 0
    late: int = 0
    devices: dict[str, int] = field(default_factory=dict)
    shards: dict[str, ShardReceipt] = field(default_factory=dict)
    retried: int = 0
    failed: int = 0
    uncertain: int = 0
    in_flight: int = 0
    unsent: int = 0
    unreadable_rows: int = 0
    identified: dict[str, Digest] = field(default_factory=dict)
    dirty_digests: dict[str, Digest] = field(default_factory=dict)
    journal: str = ""
    journal_bytes: int = 0
    format: int = FORMAT

    @property
    def dirty_total(self) -> int:
        """How many acknowledged lines the lake must quarantine."""
        return sum(self.dirty.values())

    @property
    def is_final(self) -> bool:
        """Whether the run ended and said so; else the counts are a lower bound."""
        return self.state != RUNNING

    def document(self) -> dict[str, Any]:
        """As JSON holds it, without the checksum."""
        return asdict(self) | {
            name: {key: digest.to_json() for key, digest in digests.items()}
            for name, digests in (("identified", self.identified), ("dirty_digests", self.dirty_digests))
        }

    def save(self, path: Path) -> str:
        """Write to ``path`` atomically (a reader sees the old receipt or the new one, whole); returns its SHA-256.

        Raises ConfigurationError when it cannot be written there.
        """
        temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
        content = self.document()
        text = (json.dumps(content | {"checksum": _checksum(content)}, indent=1) + "\n").encode()
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with temporary.open("wb") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            temporary.replace(path)
        except OSError as error:
            raise ConfigurationError(
                f"the receipt {path} cannot be written: {error.strerror}. Name another place with --receipt"
            ) from error
        return hashlib.sha256(text).hexdigest()

    @classmethod
    def load(cls, path: Path) -> Receipt:
        """Read ``path``; raises ConfigurationError when it is no receipt, of a format that this version lacks, or not
        as it was saved."""
        try:
            text = path.read_bytes()
        except OSError as error:
            raise ConfigurationError(f"the receipt {path} cannot be read: {error.strerror}") from error
        try:
            content = json.loads(text)
        except ValueError as error:
            raise ConfigurationError(f"{path} is not a receipt: {error}") from error
        if not isinstance(content, dict) or content.get("format") not in (COUNTS_ONLY, FORMAT):
            raise ConfigurationError(f"{path} is not a receipt of format {COUNTS_ONLY} or {FORMAT}")
        checksum = content.pop("checksum", None)
        as_saved = content["format"] == COUNTS_ONLY or checksum == _checksum(content)
        try:
            content["shards"] = {name: ShardReceipt(**shard) for name, shard in content["shards"].items()}
            for name in ("identified", "dirty_digests"):
                found = content.get(name, {})
                content[name] = {key: Digest.from_json(digest) for key, digest in found.items()}
            receipt = cls(**content)
            datetime.fromisoformat(receipt.started)
        except (TypeError, KeyError, AttributeError, ValueError) as error:
            raise ConfigurationError(f"{path} is not a whole receipt: {error}") from error
        if type(receipt.readings) is not int or receipt.readings < 0 or receipt.state not in STATES:
            raise ConfigurationError(
                f"{path} is not a receipt: its state is {receipt.state!r}, its readings are {receipt.readings!r}"
            )
        if not as_saved:
            raise ConfigurationError(f"{path} is not as the run saved it: its checksum is another one")
        return receipt


def receipts_in(
    directory: Path, stage: str, refused: Callable[[Path, ConfigurationError], None] | None = None
) -> Iterator[tuple[Path, Receipt]]:
    """The receipts of ``stage`` in ``directory``, in the order of their file names.

    ``refused`` is told of each file that is no whole receipt; without it, the error is raised.
    """
    for path in sorted(directory.glob("*.json")):
        if not _may_be_receipt(path):
            continue
        try:
            receipt = Receipt.load(path)
        except ConfigurationError as error:
            if refused is None:
                raise
            refused(path, error)
            continue
        if receipt.stage == stage:
            yield path, receipt


def _may_be_receipt(path: Path) -> bool:
    """What votes leave in the same folder is JSON without a format."""
    try:
        content = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return True
    return not isinstance(content, dict) or "format" in content


def _checksum(content: Mapping[str, Any]) -> str:
    """The SHA-256 of ``content``, whatever the order of its names."""
    return hashlib.sha256(json.dumps(content, sort_keys=True, separators=(",", ":")).encode()).hexdigest()
