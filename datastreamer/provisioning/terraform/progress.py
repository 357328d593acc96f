"""Terraform's machine-readable messages turned into lines for people (its docs, "Machine-Readable UI")."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

_DONE = {"create": "created", "update": "changed", "delete": "deleted"}


_EXISTS = re.compile(r"already exist|AlreadyExist|AlreadyOwnedByYou|is already created|ResourceInUse")
"""What AWS says of a name that is taken: Lambda "Function already exist", SageMaker "already existing", S3
BucketAlreadyOwnedByYou, Athena "WorkGroup is already created"."""

_STEPS = {"noop": 0, "read": 0, "move": 0, "replace": 2}
"""Messages of a finished resource that a planned action leads to, where it is not one."""


ADOPT_IN_STAGE = "make adopt STAGE=<stage> ADDRESS='{address}' ID=<id>"


class Progress:
    """Sees each message of one command. ``report`` gets a line for every finished resource and every warning.

    ``adopt`` is the command that takes what AWS has into the state; it may hold ``{address}``.

    ``total`` is the number of changes to come, where a saved plan tells it; a command that plans by itself tells it
    first. ``planned`` and ``done`` count the changes that were announced and made.
    """

    def __init__(self, report: Callable[[str], None], total: int = 0, *, adopt: str = ADOPT_IN_STAGE) -> None:
        self._report = report
        self._adopt = adopt
        self._total = total
        self.done = 0
        self._errors: list[str] = []
        self._other: list[str] = []
        self.planned = 0

    def see(self, line: str) -> None:
        """Take one line of output, a JSON message or (when Terraform stumbles before it can speak JSON) plain text."""
        try:
            message = json.loads(line)
        except ValueError:
            self._other.append(line)
            return
        kind = message.get("type")
        if kind == "apply_complete":
            self._finished(message["hook"])
        elif kind == "apply_progress":
            hook = message["hook"]
            self._report(f"  … {_short(hook)} for {hook['elapsed_seconds']:.0f} s")
        elif kind == "planned_change":
            self.planned += _STEPS.get(message["change"]["action"], 1)
        elif kind == "diagnostic":
            self._diagnosed(message["diagnostic"])

    def diagnosis(self) -> str:
        """What went wrong, in Terraform's words."""
        return "\n".join(self._errors or self._other) or "it gave no reason"

    def _finished(self, hook: dict[str, Any]) -> None:
        if hook["action"] not in _DONE:
            return
        self.done += 1
        total = self._total or self.planned
        count = f"{self.done}/{total} " if total else ""
        seconds = f" in {hook['elapsed_seconds']:.0f} s" if hook["elapsed_seconds"] >= 1 else ""
        self._report(f"  {count}{_DONE[hook['action']]} {_short(hook)}{seconds}")

    def _diagnosed(self, diagnostic: dict[str, Any]) -> None:
        where = f"{diagnostic['address']}: " if diagnostic.get("address") else ""
        place = diagnostic.get("range") or {}
        source = f" ({place['filename']}:{place['start']['line']})" if place else ""
        text = f"{where}{diagnostic['summary']}{source}"
        detail = diagnostic.get("detail", "").strip()
        if diagnostic["severity"] == "error":
            self._errors.append(
                f"{text}\n{detail}\n{_hint(diagnostic.get('address'), text + detail, self._adopt)}".strip()
            )
        else:
            self._report(f"  warning: {text}")


def _hint(address: str | None, error: str, adopt: str) -> str:
    """An apply that is interrupted while AWS makes something may end without a note of it in the state."""
    if not address or not _EXISTS.search(error):
        return ""
    return (
        "If an apply that was interrupted made it, take it into the state and apply again "
        f"(the ID of a stream is its name):\n  {adopt.format(address=address)}"
    )


def _short(hook: dict[str, Any]) -> str:
    """A resource's address without the words that every address has: ``telemetry.stream.aws_kinesis_stream.this``."""
    address: str = hook["resource"]["addr"]
    return address.removeprefix("module.stage.").replace("module.", "").replace("[0]", "", 1)
