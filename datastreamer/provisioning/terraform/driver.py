"""Driving Terraform from Python: plan, apply, destroy and read one root, with a line for each step as it happens."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from python_terraform import IsFlagged, IsNotFlagged, Terraform

from datastreamer.errors import ProvisioningError
from datastreamer.provisioning.terraform.mirror import MIRROR_VARIABLE
from datastreamer.provisioning.terraform.progress import ADOPT_IN_STAGE, Progress
from datastreamer.provisioning.terraform.run import run_terraform
from datastreamer.provisioning.terraform.workspace import Workspace

PARALLELISM = 24
"""More than Terraform's 10: most resources only wait for an answer."""

Report = Callable[[str], None]


@dataclass(frozen=True)
class Plan:
    """A saved plan. ``changes`` is the number of resources that applying it touches; ``seconds`` what planning took."""

    file: Path
    changes: int
    seconds: float


class TerraformDriver:
    """Terraform in one workspace. ``report`` gets each line of progress, without a line end.

    ``variables`` are the values of the root's variables, as ``TF_VAR_`` takes them. Methods raise ProvisioningError
    when Terraform fails.
    """

    adopt_command = ADOPT_IN_STAGE
    """What people type to take into the state what AWS has already."""

    def __init__(self, workspace: Workspace, variables: Mapping[str, str], report: Report) -> None:
        self.workspace = workspace
        self._report = report
        self._variables = {f"TF_VAR_{name}": value for name, value in variables.items()}
        self._initialised = False
        self._terraform = Terraform(working_dir=str(workspace.root), terraform_bin_path=workspace.binary)

    def init(self) -> None:
        """Fetch the provider and connect to the state; quick when nothing changed."""
        backend = list(self.workspace.backend)
        try:
            self._run("init", json=IsFlagged, reconfigure=IsFlagged, lockfile="readonly", backend_config=backend)
        except ProvisioningError as error:
            if "could not connect to registry" not in str(error):
                raise
            raise ProvisioningError(
                f"{error}\nThe registry cannot be reached from here, and no folder was found that holds the provider. "
                f"Name one: {MIRROR_VARIABLE}=<folder>"
            ) from error
        self._initialised = True

    def plan(self, *, destroy: bool = False) -> Plan:
        """Compare what there is with its description (or, with ``destroy``, with nothing) and save the plan."""
        self._initialise()
        start = time.monotonic()
        file = self.workspace.plan_file
        progress = self._run("plan", json=IsFlagged, destroy=destroy, out=str(file), parallelism=PARALLELISM)
        return Plan(file, progress.planned, time.monotonic() - start)

    def show(self, plan: Plan, *, color: bool = False) -> None:
        """Report ``plan`` in full, as Terraform shows it."""
        for line in self._lines("show", str(plan.file), no_color=IsNotFlagged if color else IsFlagged):
            self._report(line)

    def apply(self, plan: Plan | None = None) -> int:
        """Carry out ``plan``; without one, put everything in place as described. Returns the number of changes."""
        return self._carry_out(plan, destroy=False)

    def destroy(self, plan: Plan | None = None) -> int:
        """Carry out ``plan``; without one, destroy all that the state knows. Returns the number of changes."""
        return self._carry_out(plan, destroy=True)

    def adopt(self, address: str, identifier: str) -> None:
        """Note in the state that the resource at ``address`` is the one that AWS knows as ``identifier``."""
        self._initialise()
        for line in self._lines("import", address, identifier, no_color=IsFlagged):
            self._report(line)

    def state(self) -> dict[str, Any]:
        """The state as Terraform keeps it; empty when there is none yet."""
        self._initialise()
        text = "\n".join(self._lines("state pull")).strip()
        return dict(json.loads(text)) if text else {}

    def planned(self, plan: Plan | None = None) -> dict[str, Any]:
        """What ``plan`` would do, or one made for this, as ``terraform show -json`` gives it."""
        found = plan or self.plan()
        document: dict[str, Any] = json.loads("\n".join(self._lines("show", str(found.file), json=IsFlagged)))
        if plan is None:
            found.file.unlink()
        return document

    def say(self, line: str) -> None:
        """Report a line of one's own among Terraform's."""
        self._report(line)

    def output(self) -> dict[str, Any]:
        """The outputs of the root, ``{"telemetry": {"stream_name": …}}``; a pipeline that is off has none."""
        self._initialise()
        document = json.loads("\n".join(self._lines("output", json=IsFlagged)))
        return {name: output["value"] for name, output in document.items()}

    def resources(self) -> list[str]:
        """The addresses of everything in the state; none when there is no state yet."""
        self._initialise()
        try:
            return [line for line in self._lines("state list") if line]
        except ProvisioningError as error:
            if "No state file was found" in str(error):
                return []
            raise

    def _carry_out(self, plan: Plan | None, *, destroy: bool) -> int:
        self._initialise()
        if plan:
            progress = Progress(self._report, plan.changes, adopt=self.adopt_command)
            self._run("apply", str(plan.file), json=IsFlagged, parallelism=PARALLELISM, progress=progress)
            plan.file.unlink()
            return progress.done
        # Planning and applying at once spares one start of the provider.
        options = {"json": IsFlagged, "auto_approve": IsFlagged, "destroy": destroy, "parallelism": PARALLELISM}
        return self._run("apply", **options).done

    def _initialise(self) -> None:
        if not self._initialised:
            self.init()

    def _run(self, command: str, *arguments: str, progress: Progress | None = None, **options: object) -> Progress:
        """Run a command that speaks ``-json``; raises ProvisioningError with Terraform's own diagnostics."""
        watched = progress or Progress(self._report, adopt=self.adopt_command)
        status = 0
        for line in self._stream(command, *arguments, **options):
            if isinstance(line, int):
                status = line
            else:
                watched.see(line)
        if status:
            raise ProvisioningError(f"terraform {command} failed for {self.workspace.title}:\n{watched.diagnosis()}")
        return watched

    def _lines(self, command: str, *arguments: str, **options: object) -> list[str]:
        """The output of a command that does not speak progress."""
        lines: list[str] = []
        for line in self._stream(command, *arguments, **options):
            if isinstance(line, str):
                lines.append(line)
            elif line:
                raise ProvisioningError(f"terraform {command} failed for {self.workspace.title}:\n" + "\n".join(lines))
        return lines

    def _stream(self, command: str, *arguments: str, **options: object) -> Iterator[str | int]:
        """Each line of the command's output as it comes, and its exit status last."""
        words = self._terraform.generate_cmd_string(command, *arguments, **options)
        environ = {**self.workspace.environ, **self._variables}
        yield from run_terraform(words, self.workspace.root, environ, self._report)
