"""The words that a site shows because settings say so: its fonts are to have their characters."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from datastreamer.errors import ConfigurationError
from datastreamer.provisioning.stage_values import pipeline_values
from datastreamer.stages import ENVIRONMENTS, stage_names


def site_labels(pipeline: str, say: Callable[[str], None], environments: Path = ENVIRONMENTS) -> str:
    """All labels that the settings of ``pipeline`` have on any stage, on a line each.

    Of every stage, so that a site is the same bytes whatever stage it is built for. ``say`` gets a line for each stage
    whose settings are expressions, which cannot be read here.
    """
    found: set[str] = set()
    for folder in sorted({folder.name for folder in stage_names(environments).values()}):
        try:
            found.update(_labels(pipeline_values(folder, pipeline, environments)))
        except ConfigurationError as error:
            say(f"the fonts of the {pipeline} site may lack characters of stage {folder}'s labels: {error}")
    return "\n".join(sorted(found))


def _labels(value: Any, labelled: bool = False) -> Iterator[str]:
    """Every text at any depth under a member called ``labels``."""
    if isinstance(value, str) and labelled:
        yield value
    elif isinstance(value, dict):
        for name, inner in value.items():
            yield from _labels(inner, labelled or name == "labels")
    elif isinstance(value, list):
        for inner in value:
            yield from _labels(inner, labelled)
