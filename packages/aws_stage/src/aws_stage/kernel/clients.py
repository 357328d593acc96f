"""boto3 clients of the stage's own endpoint, for the engines and for their workers."""

from __future__ import annotations

import threading
from typing import Any

from aws_stage.kernel.settings import ACCOUNT_ID, OWN_SECRET, Settings


class Clients:
    """Calls itself with a service's name give its client, one for all threads; made when first asked for."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._lock = threading.Lock()
        self._made: dict[str, Any] = {}

    def __call__(self, service: str) -> Any:
        import boto3
        from botocore.config import Config

        new_client: Any = boto3.client
        with self._lock:
            if service not in self._made:
                self._made[service] = new_client(
                    service,
                    endpoint_url=self._settings.endpoint_url,
                    region_name=self._settings.region,
                    aws_access_key_id=ACCOUNT_ID,
                    aws_secret_access_key=OWN_SECRET,
                    config=Config(max_pool_connections=32, retries={"max_attempts": 3, "mode": "standard"}),
                )
            return self._made[service]
