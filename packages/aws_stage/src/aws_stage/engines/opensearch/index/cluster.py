"""The domains' data, open: one cluster each."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from aws_stage.engines.opensearch.index.catalogue import Catalogue
from aws_stage.kernel.clock import Clock
from aws_stage.storage.manifest.unlisted import StoreManifest


class Cluster:
    """One domain's database and what it holds. ``name`` is the domain's."""

    def __init__(self, path: Path, manifest: StoreManifest, clock: Clock) -> None:
        from aws_stage.engines.opensearch.index.database import ClusterDatabase

        self.database = ClusterDatabase(path, manifest)
        self.clock = clock
        with self.database.reading() as connection:
            self.catalogue = Catalogue(connection)
        self._lock = threading.Lock()

    @contextmanager
    def writing(self) -> Iterator[Any]:
        """A connection in a transaction, as the database's.

        What it has changed in the catalogue is shown when it is on disk, and before the next transaction begins, which
        would otherwise make an index again that is there.
        """
        with self._lock:
            self.catalogue.begin()
            with self.database.writing() as connection:
                yield connection
            self.catalogue.publish()

    def now_ms(self) -> int:
        """Milliseconds since the epoch."""
        return round(self.clock.now().timestamp() * 1000)


class Clusters:
    """By the domains' uid; opened once."""

    def __init__(self, folder: Path, manifest: StoreManifest, clock: Clock) -> None:
        self._folder = folder
        self._manifest = manifest
        self._clock = clock
        self._lock = threading.Lock()
        self._open: dict[str, Cluster] = {}

    def open(self, uid: str) -> Cluster:
        """The cluster, with an empty database where there was none; raises ConfigurationError for a damaged one."""
        with self._lock:
            if uid not in self._open:
                self._open[uid] = Cluster(self._path(uid), self._manifest, self._clock)
            return self._open[uid]

    def all(self) -> list[Cluster]:
        """Those that are open."""
        with self._lock:
            return list(self._open.values())

    def remove(self, uid: str) -> None:
        """Close and delete a cluster."""
        with self._lock:
            cluster = self._open.pop(uid, None)
        if cluster is not None:
            cluster.database.close()
        path = self._path(uid)
        self._manifest.drop(path)
        path.unlink(missing_ok=True)
        path.with_name(f"{path.name}.wal").unlink(missing_ok=True)

    def close(self) -> None:
        """Close every cluster."""
        with self._lock:
            for cluster in self._open.values():
                cluster.database.close()
            self._open.clear()

    def _path(self, uid: str) -> Path:
        return self._folder / f"{uid}.duckdb"
