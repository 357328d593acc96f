"""Lambda: a package or a layer that could write outside its folder is refused when it is put there."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from aws_stage.kernel.archives import ArchiveError, check_zip, unpack_zip
from aws_stage.patches.replace import replace

MOST_BYTES = 262_144_000
"""Unzipped, docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html; ministack holds a function with all its
layers to it, and what is larger for one alone never gets that far."""


def unpacked(content: bytes, folder: Path) -> Path:
    """Unpack a package or a layer into ``folder``, and return that. Raises ArchiveError and OSError."""
    unpack_zip(content, folder, MOST_BYTES)
    return folder


def apply() -> None:
    from ministack.core.responses import error_response_json
    from ministack.services import lambda_svc

    def reject(content: bytes | None) -> Any:
        refusal = original_reject(content)
        if refusal is not None or content is None:
            return refusal
        try:
            # What is too large is ministack's to refuse, in AWS's words.
            check_zip(content, 2**63)
        except ArchiveError as error:
            message = f"Could not unzip uploaded file: {error}. Please check your file, then try to upload again."
            return error_response_json("InvalidParameterValueException", message, 400)
        return None

    original_reject = replace(lambda_svc, "_reject_unreadable_zip", reject)
