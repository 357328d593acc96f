"""What the functions are told by their environment."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from datastreamer.errors import ConfigurationError

_CANDIDATE: Final = re.compile(r"[a-z][a-z0-9_-]{0,31}")


@dataclass(frozen=True)
class Settings:
    """One field for each environment variable that any of the functions has; a function reads those that it needs."""

    environ: Mapping[str, str]

    @property
    def stream(self) -> str:
        """``KINESIS_STREAM_NAME``: where votes go."""
        return self._required("KINESIS_STREAM_NAME")

    @property
    def orders_table(self) -> str:
        """``ORDERS_TABLE_NAME``."""
        return self._required("ORDERS_TABLE_NAME")

    @property
    def connections_table(self) -> str:
        """``CONNECTIONS_TABLE_NAME``."""
        return self._required("CONNECTIONS_TABLE_NAME")

    @property
    def sockets_per_address(self) -> int:
        """``SOCKETS_PER_ADDRESS``: WebSockets that may be open from one address; 0, or nothing, sets no limit."""
        try:
            return int(self.environ.get("SOCKETS_PER_ADDRESS") or 0)
        except ValueError as error:
            raise ConfigurationError("SOCKETS_PER_ADDRESS must be a whole number") from error

    @property
    def aggregation_table(self) -> str:
        """``AGGREGATION_TABLE_NAME``."""
        return self._required("AGGREGATION_TABLE_NAME")

    @property
    def publish_function(self) -> str:
        """``PUBLISH_FUNCTION_NAME``: the function that tells every browser."""
        return self._required("PUBLISH_FUNCTION_NAME")

    @property
    def raw_bucket(self) -> str:
        """``RAW_BUCKET_NAME``: where the raw votes lie, and rulings beside them."""
        return self._required("RAW_BUCKET_NAME")

    @property
    def websocket_endpoint(self) -> str:
        """``WEBSOCKET_ENDPOINT``: the https:// address at which a message is posted to a connection."""
        return self._required("WEBSOCKET_ENDPOINT")

    @property
    def allowed_origin(self) -> str:
        """``ALLOWED_ORIGIN``: the site's own origin, the only one whose pages may vote."""
        return self._required("ALLOWED_ORIGIN")

    @property
    def candidates(self) -> Sequence[str]:
        """The ids in ``CANDIDATES``, a JSON list of objects with ``id``: 1 to 32 of ``a-z0-9_-``, from a letter on."""
        try:
            ids = [entry["id"] for entry in json.loads(self._required("CANDIDATES"))]
        except (ValueError, TypeError, KeyError) as error:
            raise ConfigurationError("CANDIDATES must be a JSON list of objects with an id") from error
        if len(ids) < 2 or len(set(ids)) < len(ids) or not all(_CANDIDATE.fullmatch(str(name)) for name in ids):
            raise ConfigurationError(f"CANDIDATES needs two or more ids, each once, like kinoko: it has {ids}")
        return ids

    def _required(self, name: str) -> str:
        if not self.environ.get(name):
            raise ConfigurationError(f"{name} is not set: the function's environment must name it")
        return self.environ[name]
