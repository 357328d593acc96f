"""The state of ministack's services on disk: one JSON file each, replaced whole when it changes.

ministack itself writes these files on a clean stop only, and starts empty, with a line in the log, when it cannot read
one. Here a service is saved as soon as a call has changed it, and an unreadable file stops the start; the manifest has
found before whether its bytes are those that were written.
"""

from __future__ import annotations

import json
import logging
import time
import zlib
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import orjson

from aws_stage.errors import ConfigurationError
from aws_stage.storage.manifest.unlisted import UNLISTED, StoreManifest

logger = logging.getLogger("aws_stage.state")

_OPTIONS = orjson.OPT_NON_STR_KEYS | orjson.OPT_PASSTHROUGH_DATETIME | orjson.OPT_PASSTHROUGH_DATACLASS
_ATTEMPTS = 5


class StateFiles:
    """Saves and restores the files in ``folder``. Use it from the thread on which ministack runs."""

    def __init__(self, folder: Path, manifest: StoreManifest = UNLISTED) -> None:
        self._manifest = manifest
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._saved: dict[str, int] = {}
        self._refused: set[str] = set()

    def load(self) -> None:
        """Restore every service; raises ConfigurationError where ministack would go on with an empty one."""
        from ministack import app
        from ministack.core import persistence

        persistence.logger.setLevel(logging.WARNING)  # a line for each file, at each start
        for key, module in app._state_map.items():
            path = self._folder / f"{key}.json"
            if not path.exists():
                continue
            state = persistence.load_state(key)
            if state is None:
                raise ConfigurationError(_damaged(path, "this version of the stage cannot read it"))
            try:
                app._get_module(module).load_persisted_state(state)
            except Exception as error:
                raise ConfigurationError(_damaged(path, f"{type(error).__name__}: {error}")) from error
            self._saved[key] = zlib.crc32(path.read_bytes())

    def save(self, keys: Iterable[str] | None = None) -> float:
        """Write the services ``keys`` (all that are loaded, when None) that have changed; returns the seconds it took.

        Raises OSError when a file cannot be written.
        """
        from ministack import app

        started = time.perf_counter()
        states: Mapping[str, Callable[[], Any]] = app._build_persistence_save_dict()
        for key in states if keys is None else keys:
            if key in states:
                self._save_one(key, states[key])
        return time.perf_counter() - started

    def _save_one(self, key: str, get_state: Callable[[], Any]) -> None:
        from ministack.core import persistence

        content = self._render(key, get_state, persistence._state_format_version(key), persistence._json_default)
        if content is None or self._saved.get(key) == zlib.crc32(content):
            return
        path = self._folder / f"{key}.json"
        self._manifest.write(path, content)
        self._saved[key] = zlib.crc32(content)

    def _render(
        self, key: str, get_state: Callable[[], Any], version: int, default: Callable[[Any], Any]
    ) -> bytes | None:
        for attempt in range(_ATTEMPTS):
            try:
                state = get_state()
                if state is None:
                    return None
                document = {"__ministack_format__": version, "payload": state}
                try:
                    return orjson.dumps(document, default=default, option=_OPTIONS)
                except orjson.JSONEncodeError:
                    return json.dumps(document, default=default).encode()
            except RuntimeError:  # a worker thread of ministack changed a dictionary meanwhile
                if attempt == _ATTEMPTS - 1:
                    raise
            except (TypeError, ValueError) as error:
                if key not in self._refused:
                    logger.error("the state of %s cannot be written as JSON and will not survive: %s", key, error)  # noqa: TRY400
                    self._refused.add(key)
                return None
        return None


def state_keys(service: str) -> tuple[str, ...]:
    """The files that hold a service's state, by its SigV4 signing name; none for a service unknown to ministack."""
    from ministack import app

    config = app.SERVICE_REGISTRY.get(app.SERVICE_NAME_ALIASES.get(service, service))
    if config is None:
        return ()
    return (config.get("state_key", config["module"]), *config.get("sub_modules", ()))


def _damaged(path: Path, why: str) -> str:
    return (
        f"{path} is damaged ({why}). The local stage does not start over damaged state. Restore the state folder from "
        f"a copy, or give up what the file held: aws-stage forget ministack/{path.name}"
    )
