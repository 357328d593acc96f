"""CloudWatch: datapoints lie in SQLite, written before PutMetricData is answered.

ministack keeps them in the service's one state file, which would be written whole each time that an alarm changes, and
looks through all of them at every call for some that are older than two weeks.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from aws_stage.patches.replace import replace
from aws_stage.patches.state import keep_apart
from aws_stage.storage.manifest.manifest import Manifest
from aws_stage.storage.store import Store

EVICTION_SECONDS = 3600.0
_KIND = "point"

Point = dict[str, Any]


class _Points(list[Point]):
    """The points of one metric; one that is appended is written down as well."""

    write: Callable[[Point], object]

    def append(self, point: Point) -> None:
        self.write(point)
        super().append(point)


def apply(manifest: Manifest) -> None:
    from ministack.services import cloudwatch

    store = Store(Path(os.environ["STATE_DIR"]).with_name("metrics.sqlite"), manifest)
    evicted = time.monotonic()

    def bucket(key: tuple[str, str, str]) -> list[Point]:
        points = cloudwatch._metrics.get(key)
        if points is None:
            scope = [cloudwatch.get_account_id(), cloudwatch.get_region(), *key]
            points = cloudwatch._metrics[key] = _points(store, scope)
        found: list[Point] = points
        return found

    replace(cloudwatch, "_metric_bucket", bucket)

    def evict() -> None:
        nonlocal evicted
        if time.monotonic() - evicted < EVICTION_SECONDS:
            return
        evicted = time.monotonic()
        cutoff = time.time() - cloudwatch.TWO_WEEKS_SECONDS
        for key, points in list(cloudwatch._metrics._data.items()):
            points[:] = [point for point in points if point["Timestamp"] >= cutoff]
            if not points:
                del cloudwatch._metrics._data[key]

    replace(cloudwatch, "_evict_old_metrics", evict)

    keep_apart(cloudwatch, {"metrics": cloudwatch.AccountRegionScopedDict})
    _load(cloudwatch, store)


def _points(store: Store, scope: list[str]) -> _Points:
    points = _Points()
    points.write = lambda point: store.append(_KIND, [{"scope": scope, "point": point}])
    return points


def _load(cloudwatch: Any, store: Store) -> None:
    cutoff = time.time() - cloudwatch.TWO_WEEKS_SECONDS
    with store.transaction():
        for number, document in store.items(_KIND):
            point = document["point"]
            if point["Timestamp"] < cutoff:
                store.delete(_KIND, number)
                continue
            account, region, *name = document["scope"]
            key = (account, region, tuple(name))
            if key not in cloudwatch._metrics._data:
                cloudwatch._metrics._data[key] = _points(store, document["scope"])
            list.append(cloudwatch._metrics._data[key], point)
