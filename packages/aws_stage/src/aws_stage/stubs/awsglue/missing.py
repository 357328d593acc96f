"""What the stand-in does not do says so."""

from __future__ import annotations

from typing import NoReturn


def refuse(what: str) -> NoReturn:
    """Raise NotImplementedError with a sentence that names ``what`` and the way out."""
    raise NotImplementedError(
        f"the local stage has no {what}: use glueContext.spark_session, whose DataFrames run on AWS as well."
    )
