"""What earlier crawls saw: folders, for those that crawl new ones only, and profiles, so that no file is read twice."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from aws_stage.engines.glue_crawler.objects import StoredObject
from aws_stage.engines.glue_crawler.profile import Profile
from aws_stage.engines.glue_crawler.profile_documents import decoded, encoded
from aws_stage.storage.store import Store

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
            known = {"etag": item.etag, "profile": None if found is None else encoded(found)}
        self._now.setdefault(key, {})[item.key] = known
        return None if known["profile"] is None else decoded(known["profile"])

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
