"""The local stage assembled: settings, ministack, engines and gateway, served by uvicorn on loopback."""

from __future__ import annotations

import asyncio
import importlib
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import boto3
import uvicorn
from botocore.config import Config

from local.backend import Backend, configure_ministack
from local.clock import Clock, SystemClock
from local.engine import Call, Engine
from local.gateway import Gateway, Message, Receive, Scope, Send
from local.settings import ACCOUNT_ID, HOST, Settings
from local.store import Store

ENGINES: tuple[str, ...] = ()
"""Modules under ``local.engines`` that are on; each has ``create(stage) -> Engine``."""


class LocalStage:
    """Implements ``local.engine.Stage`` and serves it."""

    def __init__(self, settings: Settings, clock: Clock | None = None) -> None:
        self.settings = settings
        self.clock: Clock = clock or SystemClock()
        self._clients: dict[str, Any] = {}
        self._stores: dict[str, Store] = {}
        self._lock = threading.Lock()
        configure_ministack(settings)
        from ministack.app import app as ministack_app

        from local import ministack_patches

        ministack_patches.apply()
        self._backend = Backend(ministack_app, settings.region)
        self.engines: list[Engine] = [importlib.import_module(f"local.engines.{name}").create(self) for name in ENGINES]
        executor = ThreadPoolExecutor(max_workers=32, thread_name_prefix="engine")
        self._gateway = Gateway(self.engines, ministack_app, settings.region, executor)

    def client(self, service: str) -> Any:
        new_client: Any = boto3.client
        with self._lock:
            if service not in self._clients:
                self._clients[service] = new_client(
                    service,
                    endpoint_url=self.settings.endpoint_url,
                    region_name=self.settings.region,
                    aws_access_key_id=ACCOUNT_ID,
                    aws_secret_access_key="local",  # noqa: S106  the stage checks no signature
                    config=Config(max_pool_connections=32, retries={"max_attempts": 3, "mode": "standard"}),
                )
            return self._clients[service]

    def forward(self, call: Call) -> dict[str, Any]:
        return self._backend.forward(call)

    def store(self, engine: str) -> Store:
        with self._lock:
            if engine not in self._stores:
                self._stores[engine] = Store(self.settings.state_dir / "engines" / f"{engine}.sqlite")
            return self._stores[engine]

    def directory(self, engine: str) -> Path:
        path = self.settings.data_dir / "work" / engine
        path.mkdir(parents=True, exist_ok=True)
        return path

    async def app(self, scope: Scope, receive: Receive, send: Send) -> None:
        """The ASGI application: engines start after ministack and stop before it."""
        if scope["type"] != "lifespan":
            await self._gateway(scope, receive, send)
            return

        async def receive_and_stop() -> Message:
            message = await receive()
            if message["type"] == "lifespan.shutdown":
                await asyncio.gather(*(asyncio.to_thread(engine.stop) for engine in self.engines))
            return message

        async def start_and_send(message: Message) -> None:
            if message["type"] == "lifespan.startup.complete":
                self._backend.attach(asyncio.get_running_loop())
                for engine in self.engines:
                    await asyncio.to_thread(engine.start)
            await send(message)

        await self._backend.app(scope, receive_and_stop, start_and_send)

    def serve(self) -> None:
        """Serve until SIGINT or SIGTERM."""
        uvicorn.run(self.app, host=HOST, port=self.settings.port, log_level="warning", lifespan="on", interface="asgi3")
