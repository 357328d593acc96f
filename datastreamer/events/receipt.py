"""The receipt of a sensor run: what Kinesis acknowledged, so that an audit can find every reading again.

A receipt is a JSON file. It is replaced atomically every few seconds during a run, so a run that is killed leaves the
truth so far: ``state`` is then still ``running``, and the counts are a lower bound (``in_flight`` says how many lines
had been handed to Kinesis without an answer when it was last saved; more may have followed until the kill).
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from datastreamer.errors import ConfigurationError

FORMAT: Final = 1
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
    before they were sent. ``devices``: readings by device. ``shards``: by shard id.

    ``retried``: records sent again. ``failed``: attempts of records that failed. ``uncertain``: lines whose answer was
    lost (counted once an attempt), so that each may be in the stream once more than acknowledged. ``unsent``: lines
    that were produced but never acknowledged (0 while a run goes on); ``in_flight`` of them had been handed to
    Kinesis, so that they may be in the stream all the same. ``unreadable_rows``: rows of a replayed file that made no
    reading.
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
    format: int = FORMAT

    @property
    def dirty_total(self) -> int:
        """How many acknowledged lines the lake must quarantine."""
        return sum(self.dirty.values())

    @property
    def is_final(self) -> bool:
        """Whether the run ended and said so; else the counts are a lower bound."""
        return self.state != RUNNING

    def save(self, path: Path) -> None:
        """Write to ``path`` atomically: a reader sees the old receipt or the new one, whole.

        Raises ConfigurationError when it cannot be written there.
        """
        temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with temporary.open("w", encoding="utf-8") as file:
                json.dump(asdict(self), file, indent=1)
                file.write("\n")
                file.flush()
                os.fsync(file.fileno())
            temporary.replace(path)
        except OSError as error:
            raise ConfigurationError(
                f"the receipt {path} cannot be written: {error.strerror}. Name another place with --receipt"
            ) from error

    @classmethod
    def load(cls, path: Path) -> Receipt:
        """Read ``path``; raises ConfigurationError when it is no receipt or of a format that this version lacks."""
        try:
            content = json.loads(path.read_text(encoding="utf-8"))
        except OSError as error:
            raise ConfigurationError(f"the receipt {path} cannot be read: {error.strerror}") from error
        except ValueError as error:
            raise ConfigurationError(f"{path} is not a receipt: {error}") from error
        if not isinstance(content, dict) or content.get("format") != FORMAT:
            raise ConfigurationError(f"{path} is not a receipt of format {FORMAT}")
        try:
            content["shards"] = {name: ShardReceipt(**shard) for name, shard in content["shards"].items()}
            receipt = cls(**content)
            datetime.fromisoformat(receipt.started)
        except (TypeError, KeyError, AttributeError, ValueError) as error:
            raise ConfigurationError(f"{path} is not a whole receipt: {error}") from error
        if type(receipt.readings) is not int or receipt.readings < 0 or receipt.state not in STATES:
            raise ConfigurationError(
                f"{path} is not a receipt: its state is {receipt.state!r}, its readings are {receipt.readings!r}"
            )
        return receipt


def receipts_in(directory: Path, stage: str) -> Iterator[tuple[Path, Receipt]]:
    """The receipts of ``stage`` in ``directory``, in the order of their file names."""
    for path in sorted(directory.glob("*.json")):
        receipt = Receipt.load(path)
        if receipt.stage == stage:
            yield path, receipt
