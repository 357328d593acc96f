"""A run's arguments: the job's defaults, the run's own, and Glue's, and what the special ones ask for.

The special parameters: https://docs.aws.amazon.com/glue/latest/dg/aws-glue-programming-etl-glue-arguments.html
"""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from typing import Any

from aws_stage.errors import ConfigurationError

Arguments = dict[str, str]

_CONSUMED = frozenset({"--scriptLocation", "--extra-py-files", "--extra-files", "--conf"})
"""Glue acts on these and the script does not see them."""

_UNSUPPORTED = {
    "--additional-python-modules": "installs packages with pip at the start of a run",
    "--class": "names the class of a Scala script",
    "--customer-driver-env-vars": "sets environment variables",
    "--customer-executor-env-vars": "sets environment variables",
    "--datalake-formats": "adds Hudi, Iceberg or Delta Lake",
    "--enable-glue-datacatalog": "makes the Data Catalog Spark's metastore",
    "--extra-jars": "adds jars",
    "--user-jars-first": "puts jars first on the class path",
}


def merged(job: Mapping[str, Any], run: Mapping[str, str]) -> Arguments:
    """The job's default arguments under the run's, under the job's non-overridable ones."""
    return {**(job.get("DefaultArguments") or {}), **run, **(job.get("NonOverridableArguments") or {})}


def refuse_unsupported(arguments: Mapping[str, str]) -> None:
    """Raise ConfigurationError when an argument asks for what a local run cannot do."""
    for name, what in _UNSUPPORTED.items():
        if is_set(arguments, name):
            raise ConfigurationError(f"the local stage does not support {name} ({what}): remove it from the job.")
    if arguments.get("--job-bookmark-option", "job-bookmark-disable") != "job-bookmark-disable":
        raise ConfigurationError(
            "the local stage does not support job bookmarks: set --job-bookmark-option to job-bookmark-disable."
        )
    if arguments.get("--job-language", "python") != "python":
        raise ConfigurationError("the local stage runs Python scripts only: set --job-language to python.")
    spark_settings(arguments)


def is_set(arguments: Mapping[str, str], name: str) -> bool:
    """Whether a flag is there and not ``false``; Glue takes an empty value for true."""
    return name in arguments and arguments[name].strip().lower() != "false"


def file_list(arguments: Mapping[str, str], name: str) -> list[str]:
    """The S3 addresses of a comma-separated parameter."""
    return [part.strip() for part in arguments.get(name, "").split(",") if part.strip()]


def spark_settings(arguments: Mapping[str, str]) -> dict[str, str]:
    """``--conf``: ``a=1 --conf b=2``, Glue's way of giving several in one value."""
    settings = {}
    for word in shlex.split(arguments.get("--conf", "")):
        if word == "--conf":
            continue
        name, equals, value = word.partition("=")
        if not equals:
            raise ConfigurationError(f"--conf must read name=value, not {word!r}")
        settings[name] = value
    return settings


def command_line(arguments: Mapping[str, str], job_name: str, run_id: str) -> list[str]:
    """``sys.argv[1:]`` of the script: Glue's own names first, then every argument but those it acted on."""
    words = ["--JOB_NAME", job_name, "--JOB_RUN_ID", run_id]
    for name, value in arguments.items():
        if name not in _CONSUMED:
            words += [name, value]
    return words
