"""Lambda: what becomes of a function's package, its credentials and its event sources."""

from __future__ import annotations

from aws_stage.patches.lambda_functions import archives, code, credentials, event_sources
from aws_stage.storage.manifest.manifest import Manifest


def apply(manifest: Manifest) -> None:
    archives.apply()
    code.apply(manifest)
    credentials.apply()
    event_sources.apply()
