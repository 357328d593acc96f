"""An engine in the test's own process, beside a running stage, with a clock that the test owns."""

from __future__ import annotations

import os
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from aws_stage.kernel.engine import Call
from aws_stage.kernel.settings import Settings
from aws_stage.kernel.signals import Signals
from aws_stage.storage.manifest.unlisted import UNLISTED, StoreManifest
from aws_stage.storage.store import Store
from aws_stage.testing import REGION, RunningStage


class ManualClock:
    """A clock that moves when it is told to; ``sleep`` moves it. ``step`` sets it, while no time passes."""

    def __init__(self, now: datetime | None = None) -> None:
        self._now = now or datetime(2025, 10, 15, 12, tzinfo=UTC)
        self._passed = 0.0
        self._lock = threading.Lock()

    def now(self) -> datetime:
        with self._lock:
            return self._now

    def monotonic(self) -> float:
        with self._lock:
            return self._passed

    def sleep(self, seconds: float) -> None:
        self.advance(timedelta(seconds=seconds))

    def advance(self, step: timedelta) -> None:
        with self._lock:
            self._now += step
            self._passed += step.total_seconds()

    def step(self, by: timedelta) -> None:
        with self._lock:
            self._now += by


@dataclass
class SideStage:
    """Implements ``aws_stage.kernel.engine.Stage`` on the services of ``running``."""

    running: RunningStage
    data_dir: Path
    clock: ManualClock = field(default_factory=ManualClock)
    events: list[dict[str, Any]] = field(default_factory=list)
    signals: Signals = field(default_factory=Signals)
    manifest: StoreManifest = UNLISTED
    stores: dict[str, Store] = field(default_factory=dict)

    def __post_init__(self) -> None:
        jars = Path(os.environ["AWS_STAGE_JARS"])
        self.settings = Settings(port=self.running.port, data_dir=self.data_dir, region=REGION, jars=jars)

    def client(self, service: str) -> Any:
        return self.running.client(service)

    def forward(self, call: Call) -> dict[str, Any]:
        raise NotImplementedError(f"{call.service}:{call.operation} in a test that does without ministack's answer")

    def publish(self, source: str, detail_type: str, detail: dict[str, Any], resources: Sequence[str] = ()) -> None:
        event = {"source": source, "detail-type": detail_type, "detail": detail}
        self.events.append({**event, "resources": [*resources]} if resources else event)

    def store(self, engine: str) -> Store:
        if engine not in self.stores:
            self.stores[engine] = Store(self.data_dir / f"{engine}.sqlite")
        return self.stores[engine]

    def directory(self, engine: str) -> Path:
        path = self.data_dir / engine
        path.mkdir(parents=True, exist_ok=True)
        return path
