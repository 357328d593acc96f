"""How a month is replaced: written aside, committed by one put, then copied into the tables.

Below the state path:

    staged/<month>/<n>-<run>/…      the files of commit n of the month, invisible to readers of the tables
    manifests/<month>/<n>.json      put last, only if absent: the commit; of two runs at once, one succeeds

After the commit the files are copied into the tables, those of earlier commits are removed from there, and the staged
ones are removed last: while one is left, the next run does all of this again. Every file in a table has its commit's
number in its name, so that a run which was overtaken can never remove what a later one has put.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from botocore.exceptions import ClientError

from datastreamer.aws.conditional_put import put_if_absent
from datastreamer.aws.faults import is_missing_object
from datastreamer.aws.s3_location import S3Location
from datastreamer.aws.s3_objects import copy_unless_gone, delete_all, objects_below
from datastreamer.errors import RetryableError
from datastreamer.taxi.month import Month
from datastreamer.taxi.silver.manifest import DataFile, Manifest, manifest_key

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_WORKERS: Final = 16
_NUMBER: Final = re.compile(r"(\d{6})-", re.ASCII)


class OvertakenError(RetryableError):
    """Another run has committed this month meanwhile; nothing that this one wrote is seen."""

    def __init__(self, month: Month, sequence: int) -> None:
        super().__init__(f"another run has committed {month} meanwhile (number {sequence})")


@dataclass(frozen=True)
class MonthLog:
    """The commits of the months of ``tables`` (``silver`` and ``quarantine``) that keep their state at ``state``.

    ``reached`` is called with the name of each step that is done; a test may raise there, as a crash would.
    """

    client: S3Client
    state: S3Location
    tables: Mapping[str, S3Location]
    reached: Callable[[str], None] = lambda _step: None

    def newest(self) -> dict[Month, Manifest]:
        """The newest manifest of each month that has one."""
        keys: dict[Month, str] = {}
        for key in self._keys(self.state.folder("manifests")):
            month = Month.parse(key.rsplit("/", 2)[1])
            keys[month] = max(key, keys.get(month, ""))
        with ThreadPoolExecutor(_WORKERS) as pool:
            return dict(zip(keys, pool.map(self._read, keys.values()), strict=True))

    def staged(self, month: Month, sequence: int, run_id: str) -> S3Location:
        """Where the files of a commit wait for it."""
        return self.state.folder(f"staged/{month}/{sequence:06d}-{run_id}")

    def staged_files(self, staged: S3Location, month: Month, sequence: int) -> list[DataFile]:
        """The files in ``staged``, a folder for each table, and where each goes."""
        files: list[DataFile] = []
        for name, table in self.tables.items():
            folder = table.folder(month.partition)
            waiting = staged.folder(name)
            for item in objects_below(self.client, waiting):
                key, size = item["Key"], item["Size"]
                # What lies deeper are attempts of tasks, which Spark has left behind.
                if key.endswith(".parquet") and "/" not in key.removeprefix(waiting.prefix):
                    published = f"{folder.uri}{sequence:06d}-{len(files):05d}.zstd.parquet"
                    files.append(DataFile(f"s3://{staged.bucket}/{key}", published, size))
        return files

    def commit(self, month: Month, manifest: Manifest) -> None:
        """Make it so; raises OvertakenError when another run has committed this number."""
        key = self.state.key(manifest_key(month, manifest.sequence))
        if not put_if_absent(self.client, self.state.bucket, key, manifest.to_json()):
            raise OvertakenError(month, manifest.sequence)
        self.reached("committed")

    def is_committed(self, month: Month, sequence: int) -> bool:
        """Whether the number is taken. Its files then go, so that a run which is still at it fails in any place."""
        key = self.state.key(manifest_key(month, sequence))
        try:
            self.client.head_object(Bucket=self.state.bucket, Key=key)
        except ClientError as error:
            if not is_missing_object(error):
                raise
            return False
        return True

    def publish(self, month: Month, manifest: Manifest) -> None:
        """Make the month's tables what ``manifest`` says; does nothing when that was done."""
        mine = self._before(self.state.folder(f"staged/{month}"), manifest.sequence + 1)
        if not mine:
            return
        waiting = {f"s3://{self.state.bucket}/{key}" for key in mine}
        with ThreadPoolExecutor(_WORKERS) as pool:
            for _ in pool.map(self._publish, (item for item in manifest.files if item.staged in waiting)):
                self.reached("published one file")
        self.reached("published")
        for table in self.tables.values():
            folder = table.folder(month.partition)
            delete_all(self.client, folder.bucket, self._before(folder, manifest.sequence))
        self.reached("removed the files before")
        delete_all(self.client, self.state.bucket, mine)
        self.reached("cleaned up")

    def discard(self, staged: S3Location) -> None:
        """Remove the files of a run that failed."""
        delete_all(self.client, staged.bucket, self._keys(staged))

    def _publish(self, item: DataFile) -> None:
        copy_unless_gone(self.client, item.staged, item.published)

    def _read(self, key: str) -> Manifest:
        body = self.client.get_object(Bucket=self.state.bucket, Key=key)["Body"].read()
        return Manifest.from_json(body, f"s3://{self.state.bucket}/{key}")

    def _before(self, folder: S3Location, sequence: int) -> list[str]:
        """Keys in ``folder`` of commits before ``sequence``: what a commit puts there begins with its number."""
        found = []
        for key in self._keys(folder):
            number = _NUMBER.match(key, len(folder.prefix))
            if number and int(number[1]) < sequence:
                found.append(key)
        return found

    def _keys(self, folder: S3Location) -> list[str]:
        return [item["Key"] for item in objects_below(self.client, folder)]
