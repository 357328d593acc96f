"""The commit protocol: runs take turns, and each turn happens whole or not at all.

Below the state path:

    plans/<n>.json      put first, only if absent: its writer owns turn n; nobody may take turn n + 1 before n has ended
    heartbeats/<n>      put again and again while the run lives; S3's own clock tells its age
    staged/<n>/…        the turn's data files, invisible to readers of the tables
    index/<n>/…         the event ids that it adds
    manifests/<n>.json  put last, only if absent: the turn is committed, or abandoned; whoever puts it decides
    latest.json         a hint where the newest plan is; wrong or gone, it costs a longer listing

After the commit the files are copied into the tables (``publish``). A copy repeated gives the same object, so whoever
comes next completes a publication that broke off. A run that was taken for dead and wakes up finds the manifest there
and loses its turn: nothing it wrote is ever seen.
"""

from __future__ import annotations

import json
import logging
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from datastreamer.aws.conditional_put import put_if_absent
from datastreamer.aws.faults import is_missing_object
from datastreamer.aws.s3_location import S3Location
from datastreamer.aws.s3_objects import copy_unless_gone, delete_all, objects_below
from datastreamer.errors import RetryableError
from datastreamer.telemetry.manifest import ABANDONED, COMMITTED, DataFile, Manifest, manifest_key, read_manifest

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

logger = logging.getLogger("datastreamer.run_log")

LEASE = timedelta(seconds=30)
"""A run without a sign of life for this long is dead."""
_BEATS_A_LEASE = 6
_COPIERS = 16


class LostTurnError(RetryableError):
    """Another run took this one for dead and ended its turn."""


@dataclass(frozen=True)
class Turn:
    """Sequence number ``sequence`` belongs to run ``run_id``."""

    sequence: int
    run_id: str
    parent: int
    started_at: str


Signs = tuple[tuple[str, datetime, str], ...]
"""Name, time and ETag of each object that a run which lives puts."""


class RunLog:
    """The turns of the job that keeps its state at ``state``.

    ``reached`` is told the name of each step that is done (a test may raise there, as a crash would); ``sleep`` waits.
    """

    def __init__(
        self,
        client: S3Client,
        state: S3Location,
        *,
        lease: timedelta = LEASE,
        sleep: Callable[[float], None] = time.sleep,
        reached: Callable[[str], None] = lambda _step: None,
    ) -> None:
        self._client = client
        self._state = state
        self._lease = lease
        self._sleep = sleep
        self.reached = reached

    def settle(self, patience: timedelta, now: Callable[[], datetime]) -> tuple[int, Manifest | None]:
        """Wait until no turn is open; returns the newest sequence and the last committed manifest.

        Ends the turn of a run that shows no sign of life, and completes a publication that broke off.
        Raises RetryableError when a live run is still at it after ``patience``.
        """
        waited, silent = 0.0, 0.0
        signs: Signs = ()
        while True:
            newest = self._newest_sequence()
            if newest == 0:
                return 0, None
            manifest = read_manifest(self._client, self._state, newest)
            if manifest is None:
                before, (signs, idle) = signs, self._signs_of_life(newest)
                silent = silent if signs == before else 0.0
                # S3's clock may have been set back since; what did not change while we waited is as old as that.
                idle = max(idle, timedelta(seconds=silent))
                if idle > self._lease:
                    self._abandon(newest, now())
                    continue
                if waited >= patience.total_seconds():
                    raise RetryableError(
                        f"run {self._plan(newest)['run_id']} is still working (turn {newest}); start again later"
                    )
                pause = min(2.0, max(0.1, (self._lease - idle).total_seconds()))
                self._sleep(pause)
                waited += pause
                silent += pause
                continue
            if manifest.outcome == COMMITTED:
                self.publish(manifest)
                return newest, manifest
            self._delete_turn(newest)
            return newest, read_manifest(self._client, self._state, manifest.parent) if manifest.parent else None

    def take(self, newest: int, last: Manifest | None, run_id: str, now: datetime) -> Turn | None:
        """Take the turn after ``newest``; None when another run was faster."""
        turn = Turn(newest + 1, run_id, last.sequence if last else 0, now.isoformat())
        plan = {"run_id": run_id, "parent": turn.parent, "started_at": turn.started_at}
        if not self._put_if_absent(f"plans/{turn.sequence:012d}.json", json.dumps(plan).encode()):
            return None
        self.reached("planned")
        self._client.put_object(
            Bucket=self._state.bucket,
            Key=self._state.key("latest.json"),
            Body=json.dumps({"sequence": turn.sequence}).encode(),
        )
        return turn

    @contextmanager
    def alive(self, turn: Turn) -> Iterator[None]:
        """Give signs of life while the block runs."""
        done = threading.Event()
        key = self._state.key(f"heartbeats/{turn.sequence:012d}")

        def beat() -> None:
            while not done.wait(self._lease.total_seconds() / _BEATS_A_LEASE):
                try:
                    self._client.put_object(Bucket=self._state.bucket, Key=key, Body=b"")
                except Exception:
                    logger.exception("no sign of life for turn %s; the next one may still be in time", turn.sequence)

        thread = threading.Thread(target=beat, name="heartbeat", daemon=True)
        thread.start()
        try:
            yield
        finally:
            done.set()
            thread.join()

    @contextmanager
    def working(self, turn: Turn, now: Callable[[], datetime]) -> Iterator[None]:
        """Give signs of life while the block runs; when it fails, give up the turn."""
        try:
            with self.alive(turn):
                yield
        except Exception:
            self.abandon(turn, now())
            raise

    def staged(self, turn: Turn) -> S3Location:
        """Where the turn's files wait for its commit."""
        return self._state.folder(f"staged/{turn.sequence:012d}")

    def index(self, turn: Turn) -> S3Location:
        """Where the turn writes its part of the index."""
        return self._state.folder(f"index/{turn.sequence:012d}")

    def commit(self, manifest: Manifest) -> None:
        """Make the turn happen; raises LostTurnError when it was given up for dead."""
        if not self._put_if_absent(manifest_key(manifest.sequence), manifest.to_json()):
            raise LostTurnError(f"turn {manifest.sequence} was ended by another run, which took this one for dead")
        self.reached("committed")

    def abandon(self, turn: Turn, now: datetime) -> None:
        """Give up a turn that failed, so that the next run need not wait; a turn that did commit stays committed."""
        if self._abandon(turn.sequence, now):
            self._delete_turn(turn.sequence)

    def publish(self, manifest: Manifest) -> None:
        """Copy the committed files into the tables and remove the staged ones; does nothing when that was done."""
        staged = self._state.folder(f"staged/{manifest.sequence:012d}")
        waiting = {f"s3://{staged.bucket}/{key}" for key in self._keys(staged)}
        if not waiting:
            return
        files = [item for item in manifest.files if item.staged in waiting]
        with ThreadPoolExecutor(_COPIERS) as pool:
            for _ in pool.map(self._publish, files):
                self.reached("published one file")
        self.reached("published")
        # Everything is copied before anything is removed: a staged file that is gone needs no copy.
        self._delete(key.removeprefix(f"s3://{staged.bucket}/") for key in waiting)
        self.reached("cleaned up")

    def discard_index(self, before: Iterable[str], after: Iterable[str]) -> None:
        """Remove index segments that no manifest after this one names."""
        for uri in set(before) - set(after):
            self._delete(self._keys(S3Location.parse(uri)))

    def _newest_sequence(self) -> int:
        try:
            body = self._client.get_object(Bucket=self._state.bucket, Key=self._state.key("latest.json"))["Body"]
            hint = int(json.loads(body.read())["sequence"])
        except (self._client.exceptions.NoSuchKey, ValueError, KeyError, TypeError):
            hint = 0
        start = self._state.key(f"plans/{max(0, hint - 1):012d}.json")
        plans = self._keys(self._state.folder("plans"), start)
        return max((int(key.rpartition("/")[2].removesuffix(".json")) for key in plans), default=0)

    def _plan(self, sequence: int) -> dict[str, Any]:
        key = self._state.key(f"plans/{sequence:012d}.json")
        plan: dict[str, Any] = json.loads(self._client.get_object(Bucket=self._state.bucket, Key=key)["Body"].read())
        return plan

    def _signs_of_life(self, sequence: int) -> tuple[Signs, timedelta]:
        """The run's signs of life, and the time since the last by S3's clock: no two machines' clocks are compared."""
        ages, signs = [], []
        for name in (f"plans/{sequence:012d}.json", f"heartbeats/{sequence:012d}"):
            try:
                head = self._client.head_object(Bucket=self._state.bucket, Key=self._state.key(name))
            except ClientError as error:
                if not is_missing_object(error):
                    raise
                continue
            there = parsedate_to_datetime(head["ResponseMetadata"]["HTTPHeaders"]["date"])
            ages.append(there - head["LastModified"])
            signs.append((name, head["LastModified"], head["ETag"]))
        return tuple(signs), min(ages)

    def _abandon(self, sequence: int, now: datetime) -> bool:
        plan = self._plan(sequence)
        manifest = Manifest(sequence, plan["run_id"], ABANDONED, plan["parent"], plan["started_at"], now.isoformat())
        if not self._put_if_absent(manifest_key(sequence), manifest.to_json()):
            return False
        logger.warning("turn %s of run %s was abandoned", sequence, plan["run_id"])
        self.reached("abandoned")
        return True

    def _delete_turn(self, sequence: int) -> None:
        for folder in ("staged", "index"):
            self._delete(self._keys(self._state.folder(f"{folder}/{sequence:012d}")))

    def _publish(self, item: DataFile) -> None:
        copy_unless_gone(self._client, item.staged, item.published)

    def _keys(self, folder: S3Location, start_after: str = "") -> list[str]:
        return [item["Key"] for item in objects_below(self._client, folder, start_after)]

    def _delete(self, keys: Iterable[str]) -> None:
        delete_all(self._client, self._state.bucket, keys)

    def _put_if_absent(self, name: str, body: bytes) -> bool:
        return put_if_absent(self._client, self._state.bucket, self._state.key(name), body)
