"""A package or a layer that could write outside its folder is refused when it is put there."""

from __future__ import annotations

from typing import Any

from aws_stage.kernel.archives import ArchiveError, check_zip
from aws_stage.patches.replace import replace


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
