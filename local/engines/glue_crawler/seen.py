"""What earlier crawls saw: folders, for those that crawl new ones only, and profiles, so that no file is read twice."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from local.engines.glue_crawler.hive_types import Array, Columns, HiveType, Map, Struct
from local.engines.glue_crawler.objects import StoredObject
from local.engines.glue_crawler.profile import Profile
from local.store import Store

_KIND = "folder"


def forget(store: Store, crawler: str) -> None:
    """Drop what was seen by a crawler that is gone."""
    for key, _ in store.items(_KIND):
        if key.startswith(f"{crawler}|"):
            store.delete(_KIND, key)


class Seen:
    """One crawler's memory: a document for each folder, with the profile of each of its files by name and ETag.

    ``profile`` may be called from several threads; ``save`` makes what was seen durable and forgets what is gone.
    """

    def __init__(self, store: Store, crawler: str) -> None:
        self._store = store
        self._crawler = crawler
        self._before = {key: document for key, document in store.items(_KIND) if key.startswith(f"{crawler}|")}
        self._now: dict[str, dict[str, Any]] = {}

    def passed_by(self, bucket: str, item: StoredObject) -> bool:
        """Whether a crawl of new folders passes this object by: it came, or changed, in a folder that is not new."""
        folder = self._before.get(self._key(bucket, item.folder))
        return folder is not None and (item.key not in folder or folder[item.key]["etag"] != item.etag)

    def profile(self, bucket: str, item: StoredObject, read: Callable[[], Profile | None]) -> Profile | None:
        """The profile that an earlier crawl found, if the object is still the same, else what ``read`` finds."""
        key = self._key(bucket, item.folder)
        known = self._before.get(key, {}).get(item.key)
        if known is None or known["etag"] != item.etag:
            found = read()
            known = {"etag": item.etag, "profile": None if found is None else _encoded(found)}
        self._now.setdefault(key, {})[item.key] = known
        return None if known["profile"] is None else _decoded(known["profile"])

    def save(self) -> None:
        """Keep what this crawl saw, and forget the folders that it did not see any more."""
        with self._store.transaction():
            for key, document in self._now.items():
                if self._before.get(key) != document:
                    self._store.put(_KIND, key, document)
            for key in self._before.keys() - self._now.keys():
                self._store.delete(_KIND, key)

    def _key(self, bucket: str, folder: str) -> str:
        return f"{self._crawler}|{bucket}/{folder}"


def _encoded(profile: Profile) -> dict[str, Any]:
    return asdict(profile) | {"columns": [[name, _encoded_type(kind)] for name, kind in profile.columns]}


def _decoded(document: dict[str, Any]) -> Profile:
    columns: Columns = tuple((name, _decoded_type(kind)) for name, kind in document["columns"])
    return Profile(**{**document, "columns": columns})


def _encoded_type(kind: HiveType) -> Any:
    match kind:
        case Array(element):
            return {"array": _encoded_type(element)}
        case Map(key, value):
            return {"map": [_encoded_type(key), _encoded_type(value)]}
        case Struct(fields):
            return {"struct": [[name, _encoded_type(field)] for name, field in fields]}
    return kind


def _decoded_type(document: Any) -> HiveType:
    match document:
        case {"array": element}:
            return Array(_decoded_type(element))
        case {"map": [key, value]}:
            return Map(_decoded_type(key), _decoded_type(value))
        case {"struct": fields}:
            return Struct(tuple((name, _decoded_type(field)) for name, field in fields))
    kind: HiveType = document
    return kind
