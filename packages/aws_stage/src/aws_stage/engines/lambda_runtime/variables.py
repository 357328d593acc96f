"""The environment variables of a function."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from aws_stage.engines.lambda_runtime.functions import Config


def function_environment(
    config: Config, credentials: Mapping[str, str], endpoint_url: str, code: Path, runtime: Path
) -> dict[str, str]:
    """The variables of a function, and no others: docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html"""
    region = config["FunctionArn"].split(":")[3]
    version = config.get("Version", "$LATEST")
    name = config["FunctionName"]
    logging = config.get("LoggingConfig") or {}
    stream = f"{datetime.now(UTC):%Y/%m/%d}/[{version}]{uuid.uuid4().hex}"
    return {
        "PATH": "/usr/local/bin:/usr/bin:/bin",
        "LANG": "C.UTF-8",
        "TZ": ":UTC",
        "AWS_ENDPOINT_URL": endpoint_url,
        "AWS_DISABLE_HOST_PREFIX_INJECTION": "true",
        **config.get("Environment", {}).get("Variables", {}),
        **credentials,
        "AWS_REGION": region,
        "AWS_DEFAULT_REGION": region,
        "AWS_EXECUTION_ENV": f"AWS_Lambda_{config['Runtime']}",
        "AWS_LAMBDA_FUNCTION_NAME": name,
        "AWS_LAMBDA_FUNCTION_VERSION": version,
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(config.get("MemorySize", 128)),
        "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
        "AWS_LAMBDA_LOG_GROUP_NAME": logging.get("LogGroup") or f"/aws/lambda/{name}",
        "AWS_LAMBDA_LOG_STREAM_NAME": stream,
        **_log_format(logging),
        "LAMBDA_TASK_ROOT": str(code),
        "LAMBDA_RUNTIME_DIR": str(runtime),
        "_HANDLER": config["Handler"],
        "_LAMBDA_TIMEOUT": str(config.get("Timeout", 3)),
    }


def _log_format(logging: Mapping[str, str]) -> dict[str, str]:
    """docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-advanced.html"""
    if logging.get("LogFormat", "Text") == "Text":
        return {"AWS_LAMBDA_LOG_FORMAT": "Text"}
    return {"AWS_LAMBDA_LOG_FORMAT": "JSON", "AWS_LAMBDA_LOG_LEVEL": logging.get("ApplicationLogLevel", "INFO")}
