"""Stages as data: each folder of ``terraform/envs`` holds a ``stage.env`` with what a command needs to reach it.

No code asks whether a stage is local: the local stage's file names another AWS endpoint, and that is all.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping, MutableMapping
from pathlib import Path

from datastreamer.errors import ConfigurationError, UsageError

ENVIRONMENTS = Path(__file__).resolve().parent.parent / "terraform" / "envs"

_REFERENCE = re.compile(r"\$\{(\w+):-([^}]*)\}")


def stage_names(environments: Path = ENVIRONMENTS) -> dict[str, Path]:
    """Every name a stage answers to (its own, as ``prod``, and its folder's, as ``production``), with its folder."""
    names: dict[str, Path] = {}
    for file in sorted(environments.glob("*/stage.env")):
        names[file.parent.name] = file.parent
        names[_parse(file, {})["DATASTREAMER_STAGE"]] = file.parent
    return names


def stage_environment(name: str, environ: Mapping[str, str], environments: Path = ENVIRONMENTS) -> dict[str, str]:
    """The variables of stage ``name``; ``environ`` serves ``${NAME:-default}`` references.

    Raises UsageError for an unknown stage, naming the nearest one.
    """
    names = stage_names(environments)
    if name not in names:
        near = difflib.get_close_matches(name, names, n=1)
        hint = f" Did you mean {near[0]!r}?" if near else ""
        raise UsageError(f"there is no stage {name!r}.{hint} Known stages: {', '.join(sorted(names))}")
    return _parse(names[name] / "stage.env", environ)


def enter_stage(name: str, environ: MutableMapping[str, str], environments: Path = ENVIRONMENTS) -> str:
    """Put the stage's variables into ``environ`` and return the stage's own name (``prod`` for ``production``)."""
    variables = stage_environment(name, environ, environments)
    environ.update(variables)
    return variables["DATASTREAMER_STAGE"]


def _parse(file: Path, environ: Mapping[str, str]) -> dict[str, str]:
    variables = {}
    for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), start=1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        key, equals, value = line.partition("=")
        if not equals:
            raise ConfigurationError(f"{file}:{number}: expected NAME=value, found {line!r}")
        variables[key.strip()] = _REFERENCE.sub(lambda match: environ.get(match[1]) or match[2], value.strip())
    if "DATASTREAMER_STAGE" not in variables:
        raise ConfigurationError(f"{file}: DATASTREAMER_STAGE is missing")
    return variables
