"""Script mode: the user's own program, with what sagemaker-training-toolkit gives one.

Variables and arguments: ENVIRONMENT_VARIABLES.md of sagemaker-training-toolkit. Paths are those of this machine:
``/opt/ml`` does not exist here, so a script takes them from its environment.
"""

from __future__ import annotations

import json
import os
import runpy
import sys
import traceback
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from aws_stage.engines.sagemaker.containers.requirements import missing
from aws_stage.engines.sagemaker.trainer.failures import JobFailedError

_HOST = "algo-1"
_OF_SAGEMAKER = "sagemaker_"


def decoded(hyperparameters: Mapping[str, str]) -> dict[str, Any]:
    """Hyperparameters arrive as JSON, or as plain text."""
    values = {}
    for name, text in hyperparameters.items():
        try:
            values[name] = json.loads(text)
        except ValueError:
            values[name] = text
    return values


def arguments(hyperparameters: Mapping[str, Any]) -> list[str]:
    """``--name value`` for each hyperparameter of the user's, in the order of their names."""
    given: list[str] = []
    for name in sorted(hyperparameters):
        if not name.startswith(_OF_SAGEMAKER):
            given += [f"--{name}" if len(name) > 1 else f"-{name}", str(hyperparameters[name])]
    return given


def environment(
    job: str, root: Path, program: str, hyperparameters: Mapping[str, Any], channels: Mapping[str, Mapping[str, Any]]
) -> dict[str, str]:
    """The ``SM_`` variables of a job whose ``/opt/ml`` is ``root``."""
    own = {name: value for name, value in hyperparameters.items() if not name.startswith(_OF_SAGEMAKER)}
    folders = {
        "model_dir": root / "model",
        "output_dir": root / "output",
        "output_data_dir": root / "output" / "data",
        "output_intermediate_dir": root / "output" / "intermediate",
        "input_dir": root / "input",
        "input_config_dir": root / "input" / "config",
    }
    facts: dict[str, Any] = {
        **{name: str(path) for name, path in folders.items()},
        "channel_input_dirs": {name: str(root / "input" / "data" / name) for name in channels},
        "current_host": _HOST,
        "hosts": [_HOST],
        "hyperparameters": own,
        "input_data_config": channels,
        "is_master": True,
        "job_name": job,
        "log_level": 20,
        "master_hostname": _HOST,
        "module_dir": hyperparameters["sagemaker_submit_directory"],
        "module_name": program.removesuffix(".py"),
        "network_interface_name": "lo",
        "num_cpus": os.cpu_count() or 1,
        "num_gpus": 0,
        "resource_config": {"current_host": _HOST, "hosts": [_HOST]},
        "user_entry_point": program,
    }
    shown = {name: value for name, value in facts.items() if name not in ("channel_input_dirs", "hyperparameters")}
    variables = {f"SM_{name.upper()}": _written(value) for name, value in shown.items()}
    variables |= {
        "SM_CHANNELS": _written(sorted(channels)),
        "SM_HPS": _written(own),
        "SM_TRAINING_ENV": _written(facts),
        "SM_USER_ARGS": _written(arguments(hyperparameters)),
        "TRAINING_JOB_NAME": job,
        **{f"SM_CHANNEL_{name.upper()}": path for name, path in facts["channel_input_dirs"].items()},
        **{f"SM_HP_{name.upper()}": _written(value) for name, value in own.items()},
    }
    return variables


def run(job: str, root: Path, hyperparameters: Mapping[str, str], channels: Mapping[str, Mapping[str, Any]]) -> None:
    """Run the program that the hyperparameters name, as ``__main__``; raises JobFailedError when it fails."""
    values = decoded(hyperparameters)
    program, code = str(values["sagemaker_program"]), root / "code"
    if not (code / program).is_file():
        raise JobFailedError(f"The source archive has no {program}, which sagemaker_program names")
    not_here = missing(code / "requirements.txt")
    if not_here:
        raise JobFailedError(
            "requirements.txt names what is not installed here, and the local stage installs nothing: "
            f"{', '.join(not_here)}. Install it into the stage's environment."
        )
    given = arguments(values)
    os.environ.update(environment(job, root, program, values, channels))
    os.chdir(code)
    sys.path.insert(0, str(code))
    sys.argv[:] = [program, *given]
    command = " ".join(["python3", program, *given])
    try:
        runpy.run_path(program, run_name="__main__")
    except SystemExit as ended:
        if ended.code not in (None, 0):
            raise JobFailedError(_failure(ended.code, str(ended.code), command)) from ended
    except BaseException as error:
        traceback.print_exc()
        last = "".join(traceback.format_exception_only(error)).strip()
        raise JobFailedError(_failure(1, last, command)) from error


def _failure(code: object, message: str, command: str) -> str:
    status = code if isinstance(code, int) else 1
    return f'ExecuteUserScriptError:\nExitCode {status}\nErrorMessage "{message}"\nCommand "{command}"'


def _written(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, sort_keys=True, separators=(",", ":"))
