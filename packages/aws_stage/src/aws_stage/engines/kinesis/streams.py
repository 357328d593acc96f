"""Every stream of the stage: created, found, changed and deleted durably.

A document in the store says what streams there are; a folder for each holds its records. A folder is made before the
document that names it and set aside before that document goes, so whatever moment the process is killed at, the two
can be brought together again, and records without a document are never taken for nothing.
"""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from aws_stage.engines.kinesis.stream import Shard, Stream
from aws_stage.errors import ConfigurationError
from aws_stage.kernel.clock import Clock
from aws_stage.kernel.engine import AwsError
from aws_stage.storage.manifest.unlisted import StoreManifest
from aws_stage.storage.segments.log import SegmentedLog
from aws_stage.storage.store import Store

TRIM_SECONDS = 60.0
"""How often a stream that is used gives back the disk of what has expired."""

_KIND = "stream"
_DELETED = ".deleted"


class Streams:
    """The registry. A stream that it yields is locked for the caller."""

    def __init__(self, store: Store, folder: Path, clock: Clock, arn_prefix: str, manifest: StoreManifest) -> None:
        self._store = store
        self._manifest = manifest
        self._folder = folder
        self._clock = clock
        self.arn_prefix = arn_prefix
        self._lock = threading.Lock()
        self._streams: dict[str, Stream] = {}
        self._locks: dict[str, threading.RLock] = {}

    def now_ms(self) -> int:
        """The stage's present in ms since the epoch."""
        return int(self._clock.now().timestamp() * 1000)

    def load(self) -> None:
        """Open every stream; raises ConfigurationError when records are missing, damaged or nobody's."""
        self._folder.mkdir(parents=True, exist_ok=True)
        for name, document in self._store.items(_KIND):
            stream = Stream.from_document(document)
            folder = self._folder_of(stream)
            set_aside = folder.with_name(folder.name + _DELETED)
            if not folder.exists() and set_aside.exists():
                set_aside.rename(folder)
            if not folder.exists():
                raise ConfigurationError(
                    f"{folder} is missing: it held the records of the Kinesis stream {name}. Restore the state folder "
                    "from a copy."
                )
            for shard in stream.shards:
                self._open_log(stream, shard)
            self._streams[name] = stream
            self._locks[name] = threading.RLock()
        self._clear_leftovers({self._folder_of(stream) for stream in self._streams.values()})

    def names(self) -> list[str]:
        """The names of all streams, in order."""
        return sorted(self._streams)

    def create(self, stream: Stream) -> None:
        """Keep a new stream; raises AwsError when the name is taken."""
        with self._lock:
            if stream.name in self._streams:
                raise AwsError(
                    "ResourceInUseException",
                    f"Stream {stream.name} under account {stream.arn.split(':')[4]} already exists.",
                )
            for shard in stream.shards:
                self._open_log(stream, shard)
            self._store.put(_KIND, stream.name, stream.to_document())
            self._streams[stream.name] = stream
            self._locks[stream.name] = threading.RLock()

    @contextmanager
    def locked(self, name: str) -> Iterator[Stream]:
        """The stream ``name``, with other threads kept out; raises AwsError when there is none."""
        while True:
            lock = self._locks.get(name)
            if lock is None:
                account = self.arn_prefix.split(":")[4]
                raise AwsError("ResourceNotFoundException", f"Stream {name} under account {account} not found.")
            with lock:
                stream = self._streams.get(name)
                if stream is not None and self._locks.get(name) is lock:
                    self._forget_expired(stream)
                    yield stream
                    return

    def save(self, stream: Stream) -> None:
        """Keep what a caller changed in a locked stream; new shards get their logs."""
        for shard in stream.shards:
            if shard.shard_id not in stream.logs:
                self._open_log(stream, shard)
        self._store.put(_KIND, stream.name, stream.to_document())

    def delete(self, stream: Stream) -> None:
        """Delete a locked stream and its records."""
        folder = self._folder_of(stream)
        set_aside = folder.with_name(folder.name + _DELETED)
        for log in stream.logs.values():
            log.close()
        self._manifest.drop_under(folder)
        folder.rename(set_aside)
        self._store.delete(_KIND, stream.name)
        with self._lock:
            del self._streams[stream.name]
            del self._locks[stream.name]
        shutil.rmtree(set_aside)

    def cutoff_ms(self, stream: Stream) -> int:
        """Records that arrived earlier are expired."""
        return self.now_ms() - stream.retention_hours * 3_600_000

    def close(self) -> None:
        """Close every file."""
        for stream in self._streams.values():
            for log in stream.logs.values():
                log.close()

    def _forget_expired(self, stream: Stream) -> None:
        cutoff = self.cutoff_ms(stream)
        now = self._clock.monotonic()
        if now < stream.trim_due:
            return
        stream.trim_due = now + TRIM_SECONDS
        for log in stream.logs.values():
            log.trim(cutoff)
        expired = [shard for shard in stream.shards if shard.closed_ms is not None and shard.closed_ms < cutoff]
        for shard in expired:
            stream.forget_shard(shard)
        if expired:
            self.save(stream)
        for shard in expired:
            stream.logs.pop(shard.shard_id).destroy()

    def _open_log(self, stream: Stream, shard: Shard) -> None:
        folder = self._folder_of(stream) / shard.shard_id
        stream.logs[shard.shard_id] = SegmentedLog.open(folder, manifest=self._manifest)

    def _folder_of(self, stream: Stream) -> Path:
        return self._folder / f"{stream.name}.{stream.created_ms}"

    def _clear_leftovers(self, known: set[Path]) -> None:
        for folder in self._folder.iterdir():
            if folder in known:
                continue
            kept = any(path.stat().st_size for path in folder.rglob("*.log"))
            if kept and not folder.name.endswith(_DELETED):
                raise ConfigurationError(
                    f"{folder} holds records of a Kinesis stream that is not known. Restore the state folder from a "
                    f"copy, or give the records up: aws-stage forget kinesis/{folder.name}"
                )
            self._manifest.drop_under(folder)
            shutil.rmtree(folder)
