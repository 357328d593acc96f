"""``getResolvedOptions`` as Glue gives it."""

from __future__ import annotations

import argparse
from typing import NoReturn

_BOOKMARK_OPTIONS = ("job-bookmark-enable", "job-bookmark-pause", "job-bookmark-disable")
_RESERVED = (
    "continuation-option",
    "job-bookmark-option",
    "job-bookmark-from",
    "job-bookmark-to",
    "JOB_ID",
    "JOB_RUN_ID",
    "SECURITY_CONFIGURATION",
    "encryption-type",
)
_TEMPORARY = ("TempDir", "RedshiftTempDir")


class GlueArgumentError(Exception):
    """The command line lacks an option that the script asks for, or has one that does not fit."""


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise GlueArgumentError(message)


def getResolvedOptions(args: list[str], options: list[str]) -> dict[str, str | None]:  # noqa: N802  Glue's own name
    """The values of ``options`` (names without ``--``) on the command line ``args``, with Glue's own beside them.

    An option may be abbreviated on the command line as long as it stays unambiguous; ``-`` in a name becomes ``_``.
    Raises GlueArgumentError for a missing option, RuntimeError for a name that Glue reserves.
    """
    for name in options:
        if name in _RESERVED:
            raise RuntimeError(f"Using reserved arguments --{name}")
    parser = _Parser()
    for name in _RESERVED:
        choices = {"job-bookmark-option": _BOOKMARK_OPTIONS, "encryption-type": ("sse-s3",)}.get(name)
        parser.add_argument(f"--{name}", choices=choices)
    for name in _TEMPORARY:
        parser.add_argument(f"--{name}")
    for name in options:
        if name not in _TEMPORARY:
            parser.add_argument(f"--{name}", required=True)
    found = vars(parser.parse_known_args(args[1:])[0])
    found.pop("continuation_option")
    found["job_bookmark_option"] = found["job_bookmark_option"] or "job-bookmark-disable"
    temporary = found["TempDir"] or found["RedshiftTempDir"]
    found["TempDir"] = found["RedshiftTempDir"] = temporary
    return found
