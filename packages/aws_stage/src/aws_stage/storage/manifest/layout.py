"""The version of the state folder as a whole: which files there are, and what is in them."""

from __future__ import annotations

from pathlib import Path

from aws_stage.errors import ConfigurationError
from aws_stage.storage.manifest.database import Database

LAYOUT = 2
"""A change of the state that earlier code or this cannot read gets another number. Manifests of the first had none."""


def refuse_another_layout(folder: Path, manifest: Database) -> None:
    """Close the manifest and raise ConfigurationError when ``folder`` is not of this layout."""
    [[layout]] = manifest.read("PRAGMA user_version")
    if layout != LAYOUT:
        manifest.close()
        raise ConfigurationError(
            f"{folder} is of another version of the local stage: its layout is {layout or 1}, this version reads "
            f"{LAYOUT} alone. Nothing is wrong with it, and what it holds was not changed. Start the stage of that "
            "version again, or move the folder away and begin with an empty one."
        )
