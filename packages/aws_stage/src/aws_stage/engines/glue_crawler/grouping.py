"""Which folders are tables, and which are partitions of one.

Glue's rule: where the files below a folder have the same format and compression and similar schemas, that folder is one
table and the folders below it are its partitions; otherwise each folder below it is looked at by itself.
https://docs.aws.amazon.com/glue/latest/dg/crawler-s3-folder-table-partition.html
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from aws_stage.engines.glue_crawler.hive_types import Columns, compatible, merged
from aws_stage.engines.glue_crawler.objects import StoredObject
from aws_stage.engines.glue_crawler.profile import Profile

SKIP_HEADER = "skip.header.line.count"

_SIMILAR = 0.7
"""The share of columns that two schemas have in common when Glue takes them for one table's."""


@dataclass(frozen=True)
class File:
    """An object and what it is."""

    item: StoredObject
    profile: Profile


@dataclass(frozen=True)
class Folder:
    """The files right inside one folder; ``path`` is its key with the final slash."""

    path: str
    files: tuple[File, ...]

    @property
    def columns(self) -> Columns:
        return merged(file.profile.columns for file in self.files)


@dataclass(frozen=True)
class FoundTable:
    """A table: ``root`` is a folder (or one object's key); ``partitions`` are its folders by their partition values.

    ``keys`` names the partition columns; an unpartitioned table has one folder, under the empty tuple.
    """

    root: str
    keys: tuple[str, ...]
    partitions: dict[tuple[str, ...], Folder]

    @property
    def files(self) -> list[File]:
        return [file for folder in self.partitions.values() for file in folder.files]

    @property
    def columns(self) -> Columns:
        return merged(folder.columns for folder in self.partitions.values())


def tables(root: str, files: Sequence[File], combine: bool) -> list[FoundTable]:
    """The tables below the folder ``root``; ``combine`` takes schemas whose types do not conflict for one table's."""
    folders: dict[str, list[File]] = {}
    for file in files:
        folders.setdefault(file.item.folder, []).append(file)
    return _tables(root, [Folder(path, tuple(inside)) for path, inside in sorted(folders.items())], combine)


def one_table(root: str, files: Sequence[File], keys: Sequence[str]) -> FoundTable:
    """The files below ``root`` as the one table that the catalog already has, with its partition columns.

    A file that does not lie as deep as the columns say belongs to no partition and is left out.
    """
    partitions: dict[tuple[str, ...], list[File]] = {}
    for file in files:
        values = partition_values(root, file.item.folder)
        if len(values) == len(keys) or not keys:
            partitions.setdefault(values if keys else (), []).append(file)
    folders = {values: Folder(inside[0].item.folder, tuple(inside)) for values, inside in partitions.items()}
    return FoundTable(root, tuple(keys), folders)


def partition_values(root: str, folder: str) -> tuple[str, ...]:
    """``year=2025/month=10/`` below the root gives ``("2025", "10")``, and so does ``2025/10/``."""
    parts = folder.removeprefix(root).strip("/")
    return tuple(part.partition("=")[2] or part for part in parts.split("/")) if parts else ()


def _tables(root: str, folders: list[Folder], combine: bool) -> list[FoundTable]:
    if not folders:
        return []
    keys = {_keys(root, folder.path) for folder in folders}
    files = [file for folder in folders for file in folder.files]
    if len(keys) == 1 and _are_one(files, combine):
        values = {partition_values(root, folder.path): folder for folder in folders}
        return [FoundTable(root, keys.pop(), values)]
    found: list[FoundTable] = []
    children: dict[str, list[Folder]] = {}
    for folder in folders:
        if folder.path == root:
            found += [FoundTable(file.item.key, (), {(): Folder(root, (file,))}) for file in folder.files]
        else:
            child = root + folder.path.removeprefix(root).partition("/")[0] + "/"
            children.setdefault(child, []).append(folder)
    for path, inside in children.items():
        found += _tables(path, inside, combine)
    return found


def _keys(root: str, folder: str) -> tuple[str, ...]:
    parts = folder.removeprefix(root).strip("/")
    names = [part.partition("=")[0].lower() if "=" in part else "" for part in parts.split("/")] if parts else []
    return tuple(name or f"partition_{number}" for number, name in enumerate(names))


def _are_one(files: Sequence[File], combine: bool) -> bool:
    first = files[0].profile
    together = first.columns
    for file in files[1:]:
        profile = file.profile
        if _layout(profile) != _layout(first):
            return False
        if profile.columns == together:
            continue
        shared = compatible(together, profile.columns)
        if shared < 0 or (not combine and shared < _SIMILAR * max(len(together), len(profile.columns))):
            return False
        together = merged([together, profile.columns])
    return True


def _layout(profile: Profile) -> tuple[str | None, ...]:
    """What the files of one table have in common beside their columns."""
    return profile.format, profile.compression, profile.options.get("delimiter"), profile.options.get(SKIP_HEADER)
