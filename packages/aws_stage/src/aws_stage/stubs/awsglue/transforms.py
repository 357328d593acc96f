"""Glue's transforms: none of them here."""

from __future__ import annotations

from typing import Any

from awsglue.missing import refuse


def __getattr__(name: str) -> Any:
    if name.startswith("__"):
        raise AttributeError(name)
    refuse(f"awsglue.transforms.{name}")
