"""Every change that we make to ministack, in this one place: a module for each service, each change with its reason.

ministack is pinned exactly; ``apply`` fails at start when a name that is patched is gone, so an upgrade cannot silently
undo one. A module here has ``apply() -> None`` (those that keep files: ``apply(manifest)``), imports what it patches
inside it, and is listed in ``SERVICES``.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterable

from aws_stage.kernel.engine import Engine
from aws_stage.patches.replace import replace
from aws_stage.storage.manifest.manifest import Manifest

SERVICES: tuple[str, ...] = (
    "s3",  # first: ministack's module reads its folder when it is imported, by whichever patch
    "cloudwatch",
    "cloudwatch_metrics",
    "dynamodb_backups",
    "eventbridge",
    "firehose",
    "kms",
    "lambda_archives",
    "lambda_async",
    "lambda_code",
    "lambda_credentials",
    "lambda_functions",
    "lambda_metrics",
    "lambda_payloads",
    "lambda_python",
    "log_events",
    "cloudwatch_logs",  # after log_events: events are on disk before they count
    "metric_points",
    "s3_hadoop",
    "s3_listing",
    "s3_requests",
    "scheduler",
    "sqs_messages",
    "user_expressions",
    "doors",  # last: the module s3 imports what this one patches, in its own way
)

KEEP_FILES = frozenset({"lambda_async", "lambda_code", "log_events", "metric_points", "s3", "sqs_messages"})
"""Those of which the files are in the manifest."""

HOOKS: tuple[str, ...] = ("dynamodb",)
"""Those that send ministack's functions to the engine of that name."""


def apply(manifest: Manifest) -> None:
    """Patch the imported ministack; raises AttributeError when a patched name no longer exists."""
    for service in SERVICES:
        module = importlib.import_module(f"{__name__}.{service}")
        module.apply(*([manifest] if service in KEEP_FILES else []))


def hook(engines: Iterable[Engine]) -> None:
    """Let ministack use the engines that work beneath it; raises AttributeError as ``apply`` does."""
    for engine in engines:
        if engine.name in HOOKS:
            importlib.import_module(f"{__name__}.{engine.name}").apply(engine)


def keep_state_with(load: Callable[[], None]) -> None:
    """Leave the state files to the stage: ``load`` raises where ministack would go on with an empty service.

    ministack writes them when it stops as well; by then the stage has.
    """
    from ministack import app

    replace(app, "_load_persisted_state", load)
    replace(app, "save_all", lambda _services: None)
    replace(app, "BANNER", "ministack starts behind the gateway of port {port}")
