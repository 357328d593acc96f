"""Prints the list of patches: ``python -m aws_stage.patches``."""

from __future__ import annotations

from aws_stage.patches.listed import PATCHES
from aws_stage.patches.patch import table

if __name__ == "__main__":
    print(table(PATCHES), end="")
