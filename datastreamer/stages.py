"""Stages as data: each folder of ``terraform/envs`` holds a ``stage.env`` with what a command needs to reach it.

No code asks whether a stage is local: the local stage's file names another AWS endpoint, and that is all.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping, MutableMapping
from pathlib import Path

from datastreamer.errors import ConfigurationError, UsageError

_PACKAGE = Path(__file__).resolve().parent
_OF_WHEEL = _PACKAGE / "envs"
ENVIRONMENTS = _OF_WHEEL if _OF_WHEEL.is_dir() else _PACKAGE.parent / "terraform" / "envs"
"""Where the stages are: with Terraform's values in a checkout; an installed wheel has a copy of each ``stage.env``."""

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
    """Put the stage's variables into ``environ`` and return the stage's own name (``prod`` for ``production``).

    Raises UsageError for an unknown stage and ConfigurationError when ``environ`` would lead AWS clients elsewhere.
    """
    variables = stage_environment(name, environ, environments)
    refuse_other_endpoints(variables, environ)
    environ.update(variables)
    return variables["DATASTREAMER_STAGE"]


def stage_tag(environ: Mapping[str, str]) -> str:
    """The tag STAGE of what is made in ``environ``: the stage's own name, ``none`` where no stage was entered."""
    return environ.get("DATASTREAMER_STAGE") or "none"


def refuse_other_endpoints(variables: Mapping[str, str], environ: Mapping[str, str]) -> None:
    """Raise ConfigurationError when ``environ`` leads AWS clients elsewhere than ``variables``, the stage's own, say.

    Every SDK obeys ``AWS_ENDPOINT_URL`` and ``AWS_ENDPOINT_URL_<SERVICE>``, and with
    ``AWS_IGNORE_CONFIGURED_ENDPOINT_URLS`` it forgets them
    (AWS SDKs and Tools Reference Guide, "Service-specific endpoints").
    """
    other = sorted(
        variable
        for variable, value in environ.items()
        if variable not in variables
        and value
        and (
            variable.startswith("AWS_ENDPOINT_URL")
            or (
                variable == "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS"
                and value.lower() == "true"
                and "AWS_ENDPOINT_URL" in variables
            )
        )
    )
    if other:
        stage = variables["DATASTREAMER_STAGE"]
        found = ", ".join(f"{variable}={environ[variable]}" for variable in other)
        raise ConfigurationError(
            f"{found} is set, and would lead every command away from stage {stage}. Run: unset {' '.join(other)} (and "
            f"the keys that belong to it). If stage {stage} is to be found there, its stage.env must say so"
        )


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
