"""The local stage assembled: settings, ministack, engines and gateway, served by uvicorn on loopback."""

from __future__ import annotations

import asyncio
import importlib
import logging
import threading
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from aws_stage.daemon.instance import Ownership
from aws_stage.daemon.ports import bind
from aws_stage.daemon.private import private_folder
from aws_stage.daemon.server import Server
from aws_stage.gateway.asgi import Receive, Scope, Send
from aws_stage.gateway.backend import Backend, Served, configure_ministack
from aws_stage.gateway.bodies import Bodies, Inflating
from aws_stage.gateway.durable import Durable
from aws_stage.gateway.gateway import Gateway
from aws_stage.gateway.guard.credentials import Credentials
from aws_stage.gateway.guard.guard import Guard
from aws_stage.gateway.guard.signatures import Signatures
from aws_stage.gateway.refusals import Refusals
from aws_stage.gateway.websites import Websites
from aws_stage.kernel.clients import Clients
from aws_stage.kernel.clock import Clock, SystemClock
from aws_stage.kernel.engine import Call, Engine
from aws_stage.kernel.health import Health
from aws_stage.kernel.settings import Settings
from aws_stage.kernel.signals import Signals
from aws_stage.storage.manifest.manifest import Manifest
from aws_stage.storage.manifest.unlisted import StoreManifest
from aws_stage.storage.state_files import StateFiles
from aws_stage.storage.store import Store

logger = logging.getLogger("aws_stage.stage")

ENGINES: tuple[str, ...] = (
    "lambda_runtime",
    "kinesis",
    "opensearch",
    "timestream",
    "firehose",
    "dynamodb",
    "neptune",
    "glue_jobs",
    "athena",
    "glue_crawler",
    "scheduler",
    "cloudwatch",
    "cloudwatch_logs",
    "sagemaker",
    "application_autoscaling",
    "event_source_mapping",
)
"""Modules under ``engines`` that are on, in the order in which they start; each has ``create(stage) -> Engine``.

They stop the other way round: functions that a mapping invokes call what the others serve, and a delivery stream may
invoke one in its last flush.
"""


class LocalStage:
    """Implements ``aws_stage.kernel.engine.Stage`` and serves it.

    Constructing it takes the data directory; raises ConfigurationError when that is in use or damaged.
    """

    def __init__(self, settings: Settings, clock: Clock | None = None) -> None:
        self._ownership = Ownership(settings.data_dir, settings.port)
        self.settings = settings
        self.clock: Clock = clock or SystemClock()
        self.signals = Signals()
        self._clients = Clients(settings)
        self._stores: dict[str, Store] = {}
        self._lock = threading.Lock()
        for folder in (settings.state_dir, settings.data_dir / "work"):
            private_folder(folder)
        manifest = Manifest(settings.state_dir)
        self.manifest: StoreManifest = manifest
        manifest.check()
        files = StateFiles(settings.state_dir / "ministack", manifest)
        configure_ministack(settings)
        from ministack.app import app as ministack_app

        from aws_stage import patches

        patches.apply(manifest, files.load)
        manifest.settle()
        self._durable = Durable(ministack_app, files, manifest.writes)
        self._failure: Exception | None = None
        self._health = Health(manifest.writes, data_dir=str(settings.data_dir), engines=list(ENGINES))
        self._backend = Backend(self._durable, settings.region)
        modules = [importlib.import_module(f"aws_stage.engines.{name}") for name in ENGINES]
        self.engines: list[Engine] = [module.create(self) for module in modules]
        patches.hook(self.engines)
        refusals = Refusals(settings.region, Served(self.engines))
        websites = Websites(self.client, settings.port)
        gateway = Gateway(self.engines, self._durable, refusals, websites, self._health)
        credentials = Credentials(settings.access_keys)
        guard = Guard(Inflating(gateway), self._durable, credentials, Signatures(credentials, self.clock.now))
        self._guard = Bodies(guard)

    def client(self, service: str) -> Any:
        return self._clients(service)

    def forward(self, call: Call) -> dict[str, Any]:
        return self._backend.forward(call)

    def publish(self, source: str, detail_type: str, detail: dict[str, Any], resources: Sequence[str] = ()) -> None:
        self._backend.publish(source, detail_type, detail, resources)

    def store(self, engine: str) -> Store:
        with self._lock:
            if engine not in self._stores:
                self._stores[engine] = Store(self.settings.state_dir / "engines" / f"{engine}.sqlite", self.manifest)
            return self._stores[engine]

    def directory(self, engine: str) -> Path:
        path = self.settings.data_dir / "work" / engine
        path.mkdir(parents=True, exist_ok=True)
        return path

    async def app(self, scope: Scope, receive: Receive, send: Send) -> None:
        """The ASGI application."""
        if scope["type"] != "lifespan":
            await self._guard(scope, receive, send)
            return
        try:
            await self._durable(scope, receive, send)
        except Exception as error:
            self._failure = error
            raise

    async def start_engines(self) -> None:
        """Start every engine; the stage must answer by now, and counts as healthy afterwards."""
        self._backend.attach(asyncio.get_running_loop())
        self._durable.start()
        for engine in self.engines:
            await asyncio.to_thread(engine.start)
        self._health.update(status="ok")
        logger.info("up on %s, data in %s", self.settings.endpoint_url, self.settings.data_dir)

    async def stop_engines(self) -> None:
        """Stop every engine; the stage must still answer, so that a last flush reaches it."""
        self._health.update(status="stopping")
        logger.info("stopping: engines flush")
        for engine in reversed(self.engines):
            try:
                await asyncio.to_thread(engine.stop)
            except Exception:
                logger.exception("engine %s did not stop cleanly", engine.name)
        self._durable.stop()

    def serve(self) -> None:
        """Serve until SIGINT or SIGTERM; raises ConfigurationError when the port is in use or the state is damaged."""
        listener = bind(self.settings.port)
        self._health.update(**asdict(self._ownership.instance))
        try:
            Server(self.app, self.start_engines, self.stop_engines).run(sockets=[listener])
        except SystemExit:
            if self._failure is None:
                raise
            raise self._failure from None
