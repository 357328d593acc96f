"""Glue job definitions, as Terraform writes them and reads them back."""

from __future__ import annotations

from typing import Any

import pytest
from aws_stage.testing import RunningStage

from contract.glue_job_runs import ROLE

pytestmark = pytest.mark.stage

COMMAND = {"Name": "glueetl", "ScriptLocation": "s3://bucket/script.py", "PythonVersion": "3"}


@pytest.fixture
def glue(stage: RunningStage) -> Any:
    return stage.client("glue")


def test_every_field_that_was_given_comes_back(glue: Any) -> None:
    given = {
        "Role": ROLE,
        "Command": COMMAND,
        "Description": "All of it",
        "GlueVersion": "5.1",
        "WorkerType": "G.2X",
        "NumberOfWorkers": 3,
        "Timeout": 17,
        "MaxRetries": 2,
        "ExecutionClass": "FLEX",
        "ExecutionProperty": {"MaxConcurrentRuns": 4},
        "NotificationProperty": {"NotifyDelayAfter": 5},
        "DefaultArguments": {"--a": "1"},
        "NonOverridableArguments": {"--b": "2"},
        "SecurityConfiguration": "secured",
        "MaintenanceWindow": "Sun:10",
        "SourceControlDetails": {"Provider": "GITHUB", "Repository": "r"},
    }
    glue.create_job(Name="whole", Tags={"PROJECT": "example"}, **given)
    job = glue.get_job(JobName="whole")["Job"]
    assert {field: job[field] for field in given} == given
    assert job["MaxCapacity"] == 6.0
    arn = "arn:aws:glue:ap-northeast-1:000000000000:job/whole"
    assert glue.get_tags(ResourceArn=arn)["Tags"] == {"PROJECT": "example"}
    glue.delete_job(JobName="whole")
    assert glue.get_tags(ResourceArn=arn)["Tags"] == {}
    with pytest.raises(glue.exceptions.EntityNotFoundException):
        glue.get_job(JobName="whole")


def test_defaults_are_those_of_glue(glue: Any) -> None:
    glue.create_job(Name="bare", Role=ROLE, Command={"Name": "glueetl", "ScriptLocation": "s3://b/k"})
    job = glue.get_job(JobName="bare")["Job"]
    assert (job["GlueVersion"], job["WorkerType"], job["NumberOfWorkers"]) == ("5.1", "G.1X", 10)
    assert (job["Timeout"], job["MaxRetries"]) == (480, 0)
    assert "ExecutionClass" not in job
    assert job["ExecutionProperty"] == {"MaxConcurrentRuns": 1}
    assert job["Command"]["PythonVersion"] == "3"


def test_an_update_replaces_the_whole_definition(glue: Any) -> None:
    glue.create_job(Name="updated", Role=ROLE, Command=COMMAND, Description="old", DefaultArguments={"--a": "1"})
    glue.update_job(JobName="updated", JobUpdate={"Role": ROLE, "Command": COMMAND, "Timeout": 9})
    job = glue.get_job(JobName="updated")["Job"]
    assert job["Timeout"] == 9
    assert not {"Description", "DefaultArguments"} & job.keys()


def test_creating_a_job_twice_is_refused_when_it_differs(glue: Any) -> None:
    for _ in range(2):
        glue.create_job(Name="twice", Role=ROLE, Command=COMMAND)
    with pytest.raises(glue.exceptions.IdempotentParameterMismatchException, match="different configuration"):
        glue.create_job(Name="twice", Role=ROLE, Command=COMMAND, Timeout=1)


def test_capacity_is_given_one_way(glue: Any) -> None:
    with pytest.raises(glue.exceptions.InvalidInputException, match="Max Capacity"):
        glue.create_job(Name="both", Role=ROLE, Command=COMMAND, MaxCapacity=2.0, WorkerType="G.1X")


def test_jobs_are_listed_in_pages_and_by_tag(glue: Any) -> None:
    for number in range(3):
        glue.create_job(Name=f"listed-{number}", Role=ROLE, Command=COMMAND, Tags={"listed": str(number % 2)})
    names = [name for page in glue.get_paginator("list_jobs").paginate(MaxResults=2) for name in page["JobNames"]]
    assert {f"listed-{number}" for number in range(3)} <= set(names)
    assert len(names) == len(set(names))
    assert glue.list_jobs(Tags={"listed": "0"})["JobNames"] == ["listed-0", "listed-2"]
    answer = glue.batch_get_jobs(JobNames=["listed-1", "nobody"])
    assert ([job["Name"] for job in answer["Jobs"]], answer["JobsNotFound"]) == (["listed-1"], ["nobody"])
    found = [job["Name"] for page in glue.get_paginator("get_jobs").paginate() for job in page["Jobs"]]
    assert sorted(found) == sorted(names)
