"""The deployment goes fmt -> init and validate -> plan -> manual apply, with no key that outlives its job."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

REPOSITORY = Path(__file__).resolve().parents[2]
WORKFLOWS = sorted((REPOSITORY / ".github" / "workflows").glob("*.yml"))


def read(path: Path) -> dict[str, Any]:
    document: dict[str, Any] = yaml.safe_load(path.read_text())
    return document


def runs(job: dict[str, Any]) -> list[str]:
    return [step["run"] for step in job["steps"] if "run" in step]


def test_nothing_is_applied_that_was_not_formatted_validated_planned_and_approved() -> None:
    jobs = read(REPOSITORY / ".github/workflows/deploy.yml")["jobs"]
    assert runs(jobs["validate"]) == ["make fmt", "make validate", "make terraform-test", "make checkov"]
    assert (jobs["plan"]["needs"], jobs["apply"]["needs"]) == ("validate", "plan")
    assert [run.split(" STAGE")[0] for run in runs(jobs["plan"])] == ["make plan"]
    assert "environment" in jobs["apply"]
    assert "workflow_dispatch" in jobs["apply"]["if"]
    # Without PLAN it would plan anew, and nobody would have seen what it applies.
    assert all("PLAN=" in run for run in runs(jobs["apply"]))


def test_a_change_of_anything_that_a_plan_reads_is_planned() -> None:
    # YAML reads the key `on` as true.
    paths = read(REPOSITORY / ".github/workflows/deploy.yml")[True]["pull_request"]["paths"]  # type: ignore[index]
    assert {
        f"{folder}/**" for folder in ("terraform", "glue_jobs", "lambdas", "web", "datastreamer", "scripts")
    } <= set(paths)
    for path in paths:
        assert (REPOSITORY / path.removesuffix("/**")).exists()


def test_a_plan_is_kept_for_the_apply_alone() -> None:
    jobs = read(REPOSITORY / ".github/workflows/deploy.yml")["jobs"]
    [upload] = [step for step in jobs["plan"]["steps"] if "upload-artifact" in step.get("uses", "")]
    assert upload["if"] == "github.event_name == 'workflow_dispatch'"
    assert upload["with"]["retention-days"] == 1


def test_only_jobs_that_reach_aws_may_ask_for_a_session() -> None:
    jobs = read(REPOSITORY / ".github/workflows/deploy.yml")["jobs"]
    assert {name for name, job in jobs.items() if job.get("permissions", {}).get("id-token") == "write"} == {
        "plan",
        "apply",
    }
    for name in ("plan", "apply"):
        session = next(
            step["with"] for step in jobs[name]["steps"] if "configure-aws-credentials" in step.get("uses", "")
        )
        assert session["role-to-assume"].startswith("${{ vars.")
        assert not {"aws-access-key-id", "aws-secret-access-key"} & set(session)


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_no_workflow_reads_a_secret_and_every_action_is_pinned(path: Path) -> None:
    text = path.read_text()
    assert "secrets." not in text
    assert read(path)["permissions"] == {"contents": "read"}
    actions = re.findall(r"uses: (\S+)", text)
    assert actions
    assert all(re.fullmatch(r"[\w-]+/[\w-]+@[0-9a-f]{40}", action) for action in actions)


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_every_make_target_that_a_workflow_runs_exists(path: Path) -> None:
    targets = set(re.findall(r"^([a-z-]+):", (REPOSITORY / "Makefile").read_text(), re.MULTILINE))
    for name, job in read(path)["jobs"].items():
        for run in runs(job):
            if run.startswith("make "):
                assert run.split()[1] in targets, f"{path.name}: {name} runs {run}"
