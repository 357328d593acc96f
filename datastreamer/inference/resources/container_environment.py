"""The variables of a model's container: those that are given, and those without which its framework's image fails."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Final

from datastreamer.errors import UsageError
from datastreamer.scoring.score_range import VARIABLE, ScoreRange

PROGRAM: Final = "SAGEMAKER_PROGRAM"
SCRIPT: Final[Mapping[str, str]] = {PROGRAM: "inference.py", "SAGEMAKER_SUBMIT_DIRECTORY": "/opt/ml/model/code"}
"""Names the script of an archive, ``code/inference.py``, as the SageMaker Python SDK does and SageMaker does not."""
NEEDS_SCRIPT: Final = "scikit-learn"
"""AWS's image of this name serves by a script alone, and its workers fail where none is named
(aws/sagemaker-scikit-learn-container, serving.py). XGBoost's serves a booster without one; PyTorch's finds one."""

_NAME: Final = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]{0,1023}")
_LONGEST_VALUE: Final = 1024
"""ContainerDefinition, "Environment", of SageMaker's API reference; so is the pattern of names."""


def parsed(settings: Iterable[str]) -> dict[str, str]:
    """The variables that ``NAME=VALUE`` texts give; raises UsageError for what is none of SageMaker's."""
    given = {}
    for setting in settings:
        name, equals, value = setting.partition("=")
        if not equals or not _NAME.fullmatch(name):
            raise UsageError(f"--env takes NAME=VALUE, such as {PROGRAM}=inference.py; not {setting!r}")
        if len(value) > _LONGEST_VALUE:
            raise UsageError(
                f"the value of --env {name} has {len(value):,} characters; SageMaker takes {_LONGEST_VALUE:,}"
            )
        if name == VARIABLE:
            raise UsageError(f"the range of a model's scores is given by --score-range, not by --env {VARIABLE}")
        given[name] = value
    return given


def environment_of(image: str, given: Mapping[str, str], score_range: ScoreRange | None) -> dict[str, str]:
    """All variables of the container that ``image`` makes; those ``given`` overrule what is set by itself."""
    needed = SCRIPT if PROGRAM in given or NEEDS_SCRIPT in image.rpartition("/")[2] else {}
    declared = {} if score_range is None else {VARIABLE: str(score_range)}
    return {**needed, **given, **declared}
