"""Showing the calls of a dry run."""

from __future__ import annotations

import base64
import hashlib
import io
import json
from typing import Any

from rich.markup import escape

from datastreamer.cli.inference.session import Session
from datastreamer.wording import counted

SHOWN_ITEMS = 3
"""Items of a long list that people are shown; machines get all."""
LONGEST_TEXT = 4096


def show_dry_run(session: Session) -> None:
    """What the session only noted; nothing when it was in earnest.

    For machines ``{"dry_run": true, "calls": [{"service", "operation", "parameters"}]}``, else a block a call.

    Where Terraform is part of it, machines also get ``plan``, its text.
    """
    if not session.dry_run:
        return
    calls = session.dry_run.calls
    if session.as_json:
        session.answer_json(
            {
                "dry_run": True,
                **({} if session.plan is None else {"plan": session.plan}),
                "calls": [
                    {"service": call.service, "operation": call.operation, "parameters": _readable(call.parameters)}
                    for call in calls
                ],
            }
        )
        return
    for call in calls:
        parameters = json.dumps(_readable(call.parameters, SHOWN_ITEMS), indent=2, ensure_ascii=False, default=str)
        session.out.print(f"[bold]{call.service}.{call.operation}[/] {escape(parameters)}", soft_wrap=True)
    number = counted(len(calls), "call")
    beyond = "" if session.plan is None else " beyond Terraform's plan"
    session.remark(f"[dim]dry run: {number} would be made{beyond}, nothing was changed[/]")


def _readable(value: Any, most: int | None = None) -> Any:
    """``value`` as JSON can show it: bytes as text (or base64), large ones by their size and hash."""
    if isinstance(value, dict):
        return {key: _readable(item, most) for key, item in value.items()}
    if isinstance(value, list | tuple):
        shown = [_readable(item, most) for item in value[:most]]
        return shown + [f"… {len(value) - len(shown):,} more"] * (len(value) > len(shown))
    if isinstance(value, io.BytesIO):
        # As boto3 makes it of an object's bytes.
        value = value.getvalue()
    if isinstance(value, bytes | bytearray):
        if len(value) > LONGEST_TEXT:
            return f"<{len(value):,} bytes, sha256 {hashlib.sha256(value).hexdigest()}>"
        try:
            return value.decode()
        except UnicodeDecodeError:
            return base64.b64encode(value).decode()
    return value if isinstance(value, str | int | float | bool | None) else str(value)
