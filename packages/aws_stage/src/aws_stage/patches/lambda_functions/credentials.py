"""Functions sign as the stage itself; ministack hands them whatever secret the stage was started with."""

from __future__ import annotations

from typing import Any

from aws_stage.kernel.settings import ACCOUNT_ID, OWN_SECRET
from aws_stage.patches.replace import replace


def apply() -> None:
    from ministack.core import lambda_runtime
    from ministack.services import lambda_svc

    def execution_credentials(_config: dict[str, Any]) -> dict[str, str]:
        return {"AWS_ACCESS_KEY_ID": ACCOUNT_ID, "AWS_SECRET_ACCESS_KEY": OWN_SECRET, "AWS_SESSION_TOKEN": ""}

    for module in (lambda_runtime, lambda_svc):
        replace(module, "execution_credentials", execution_credentials)
