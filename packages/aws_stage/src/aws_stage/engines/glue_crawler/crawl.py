"""One crawl: look at the files of every target, then write what was found."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from aws_stage.engines.glue_crawler import grouping
from aws_stage.engines.glue_crawler.catalog_partitions import CatalogPartitions
from aws_stage.engines.glue_crawler.catalog_session import CatalogSession, Changes
from aws_stage.engines.glue_crawler.catalog_tables import CatalogTables
from aws_stage.engines.glue_crawler.grouping import File, FoundTable
from aws_stage.engines.glue_crawler.objects import Bucket, Location, StoredObject
from aws_stage.engines.glue_crawler.options import NEW_FOLDERS_ONLY, Options
from aws_stage.engines.glue_crawler.readers import Readers, UnreadableError
from aws_stage.engines.glue_crawler.seen import Seen

_READERS = 2
"""Objects read at once, each by a process."""


class CrawlCancelledError(Exception):
    """StopCrawler ended the crawl before it wrote anything more."""


class Crawl:
    """Runs once; ``changes`` says what it did."""

    def __init__(
        self,
        crawler: Mapping[str, Any],
        stage_client: Callable[[str], Any],
        session: Callable[[str, Options], CatalogSession],
        *,
        seen: Seen,
        readers: Readers,
        cancelled: threading.Event,
    ) -> None:
        self._crawler = crawler
        self._options = Options.of(crawler)
        self._s3 = stage_client("s3")
        self._session = session
        self._seen = seen
        self._readers = readers
        self._cancelled = cancelled
        self.changes: list[Changes] = []

    def run(self) -> None:
        """Raises CrawlCancelledError, botocore's ClientError, or ValueError for a target that cannot be crawled."""
        targets = self._crawler["Targets"]
        for target in targets.get("CatalogTargets") or ():
            self._crawl_catalog_target(target)
        if targets.get("S3Targets"):
            self._crawl_s3_targets(targets["S3Targets"])
        self._seen.save()

    def _crawl_s3_targets(self, targets: list[dict[str, Any]]) -> None:
        session = self._open(self._crawler["DatabaseName"])
        session.client.get_database(Name=session.database)
        tables, partitions = CatalogTables(session, self._crawler.get("TablePrefix") or ""), CatalogPartitions(session)
        only_new = self._options.recrawl == NEW_FOLDERS_ONLY
        found: list[tuple[str, FoundTable]] = []
        for target in targets:
            location = Location.parse(target["Path"])
            files = self._files(session, location, target.get("Exclusions") or [], target.get("SampleSize"))
            found += [(location.bucket, table) for table in self._tables(location, files, tables.roots(location))]
        session.log(f"BENCHMARK : Classification complete, writing results to database {session.database}")
        for bucket, table in found:
            self._check_cancelled()
            partitions.write(tables.write(table, bucket), table, bucket, complete=not only_new)
        if not only_new:
            locations = [Location.parse(target["Path"]) for target in targets]
            tables.drop(locations, [str(Location(bucket, table.root)) for bucket, table in found])

    def _crawl_catalog_target(self, target: dict[str, Any]) -> None:
        session = self._open(target["DatabaseName"])
        tables, partitions = CatalogTables(session, ""), CatalogPartitions(session)
        for name in target["Tables"]:
            table = tables.table(name)
            address = (table.get("StorageDescriptor") or {}).get("Location") or ""
            location = Location.parse(address if address.endswith("/") else address + "/")
            files = self._files(session, location, [], None)
            known = (table.get("Parameters") or {}).get("classification")
            fitting = [file for file in files if known in (None, "", file.profile.format)]
            if len(fitting) < len(files):
                session.log(f"WARN : {len(files) - len(fitting)} files of table {name} are not {known}; left out")
            if not fitting:
                session.log(f"INFO : Table {name} has no data at {location}")
                continue
            keys = [key["Name"] for key in table.get("PartitionKeys") or ()]
            found = grouping.one_table(location.prefix, fitting, keys)
            self._check_cancelled()
            tables.update(table, found, statistics=False)
            partitions.write(name, found, location.bucket, complete=True)

    def _open(self, database: str) -> CatalogSession:
        session = self._session(database, self._options)
        self.changes.append(session.changes)
        return session

    def _tables(self, location: Location, files: list[File], known_roots: list[str]) -> list[FoundTable]:
        """The tables below a target; a table that an earlier crawl made stays one as long as its files fit together."""
        if len(files) == 1 and files[0].item.key == location.prefix:
            return [FoundTable(location.prefix, (), {(): grouping.Folder(files[0].item.folder, tuple(files))})]
        root = location.prefix if location.prefix.endswith("/") or not location.prefix else location.prefix + "/"
        found: list[FoundTable] = []
        for known in known_roots:
            inside = [file for file in files if file.item.key.startswith(known)]
            tables = grouping.tables(known, inside, self._options.combine_compatible)
            if [table.root for table in tables] == [known]:
                found += tables
                files = [file for file in files if not file.item.key.startswith(known)]
        return found + grouping.tables(root, files, self._options.combine_compatible)

    def _files(
        self, session: CatalogSession, location: Location, exclusions: list[str], sample: int | None
    ) -> list[File]:
        """Every file to look at, with what it is; unchanged files are not read again."""
        bucket = Bucket(self._s3, location.bucket)
        items = self._chosen(list(bucket.objects(location.prefix, exclusions)), sample)
        unreadable: dict[str, str] = {}

        def look(item: StoredObject) -> File | None:
            self._check_cancelled()
            try:
                found = self._seen.profile(location.bucket, item, lambda: self._readers.read(location.bucket, item))
            except UnreadableError as error:
                self._check_cancelled()
                unreadable[item.key] = str(error)
                return None
            return None if found is None else File(item, found)

        if self._options.recrawl == NEW_FOLDERS_ONLY:
            items = [item for item in items if not self._seen.passed_by(location.bucket, item)]

        with ThreadPoolExecutor(_READERS, thread_name_prefix="crawl") as readers:
            looked_at = list(readers.map(look, items))
        files = [file for file in looked_at if file is not None]
        for item, file in zip(items, looked_at, strict=True):
            if file is None:
                why = unreadable.get(item.key)
                what = "No classifier knows" if why is None else f"Cannot read ({why})"
                session.log(f"WARN : {what} s3://{location.bucket}/{item.key}; left out")
        session.log(f"INFO : Looked at {len(files)} files of {location}")
        return files

    def _chosen(self, items: list[StoredObject], sample: int | None) -> list[StoredObject]:
        folders: dict[str, list[StoredObject]] = {}
        for item in items:
            folders.setdefault(item.folder, []).append(item)
        return [item for inside in folders.values() for item in inside[: sample or None]]

    def _check_cancelled(self) -> None:
        if self._cancelled.is_set():
            raise CrawlCancelledError
