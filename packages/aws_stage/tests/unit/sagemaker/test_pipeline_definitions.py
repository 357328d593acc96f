"""Definitions of pipelines: what is read, what is refused, and what expressions and conditions mean."""

from __future__ import annotations

import json
from typing import Any

import pytest
from aws_stage.engines.sagemaker.pipelines.conditions import holds
from aws_stage.engines.sagemaker.pipelines.definition import parse
from aws_stage.engines.sagemaker.pipelines.expressions import ExpressionError, Resolver, look_up, path_of
from aws_stage.engines.sagemaker.pipelines.parameters import Parameter, values
from aws_stage.kernel.engine import AwsError
from aws_stage.testing.ml_pipelines import compares, condition, definition, fails, get

PROPERTIES = {
    "Train": {
        "ModelArtifacts": {"S3ModelArtifacts": "s3://b/m"},
        "FinalMetricDataList": [
            {"MetricName": "train:rmse", "Value": 0.5},
            {"MetricName": "validation:rmse", "Value": 0.7},
        ],
    }
}


def properties(name: str) -> Any:
    if name not in PROPERTIES:
        raise ExpressionError(name)
    return PROPERTIES[name]


def resolve(value: Any) -> Any:
    parameters = {"Rounds": 10, "Bucket": "b", "Fast": True}
    execution = {"PipelineExecutionId": "abc"}
    documents = {"s3://b/evaluation.json": b'{"metrics": {"rmse": [1.5]}}'}
    return Resolver(parameters, execution, properties, documents.__getitem__).resolve(value)


def test_paths_have_names_keys_and_indices() -> None:
    assert path_of("Steps.Train.List['a:b'].X[2].Y") == ["Steps", "Train", "List", "a:b", "X", 2, "Y"]
    for broken in ("Steps..Train", "Steps.[", "Steps['a]"):
        with pytest.raises(ExpressionError):
            path_of(broken)
    assert look_up({"a": [{"b": 1}]}, ["a", 0, "b"], "a[0].b") == 1


def test_expressions_resolve_wherever_they_stand() -> None:
    assert resolve({"a": [get("Parameters.Rounds")], "b": "plain"}) == {"a": [10], "b": "plain"}
    assert resolve(get("Steps.Train.FinalMetricDataList['validation:rmse'].Value")) == 0.7
    assert resolve(get("Steps.Train.FinalMetricDataList[0].Value")) == 0.5
    join = {"Std:Join": {"On": "/", "Values": ["s3:/", get("Parameters.Bucket"), get("Execution.PipelineExecutionId")]}}
    assert resolve(join) == "s3://b/abc"
    assert resolve({"Std:Join": {"On": "", "Values": [get("Parameters.Rounds"), get("Parameters.Fast")]}}) == "10true"
    address = {"Std:Join": {"On": "", "Values": ["s3://", get("Parameters.Bucket"), "/evaluation.json"]}}
    assert resolve({"Std:JsonGet": {"S3Uri": address, "Path": "metrics.rmse[0]"}}) == 1.5
    assert resolve({"Std:JsonGet": {"S3Uri": address, "Path": "$.metrics.rmse[0]"}}) == 1.5
    for missing in ("Steps.Train.Nothing", "Steps.Train.FinalMetricDataList['x'].Value", "Steps.Other.X"):
        with pytest.raises(ExpressionError):
            resolve(get(missing))


@pytest.mark.parametrize(
    ("given", "outcome"),
    [
        (compares(get("Parameters.Rounds"), "Equals", 10), True),
        (compares(get("Parameters.Rounds"), "GreaterThan", 10), False),
        (compares(get("Parameters.Rounds"), "GreaterThanOrEqualTo", 10), True),
        (compares("9", "LessThan", get("Parameters.Rounds")), True),
        (compares(get("Steps.Train.FinalMetricDataList['train:rmse'].Value"), "LessThanOrEqualTo", 0.5), True),
        ({"Type": "In", "QueryValue": get("Parameters.Bucket"), "Values": ["a", "b"]}, True),
        ({"Type": "Not", "Expression": {"Type": "In", "QueryValue": "c", "Values": ["a", "b"]}}, True),
        ({"Type": "Or", "Conditions": [compares(1, "Equals", 2), compares("x", "Equals", "x")]}, True),
        ({"Type": "Or", "Conditions": [compares(1, "Equals", 2)]}, False),
    ],
)
def test_conditions_of_every_type(given: dict[str, Any], outcome: bool) -> None:
    assert holds(given, resolve) is outcome


def test_what_cannot_be_compared_is_an_error() -> None:
    with pytest.raises(ExpressionError, match="cannot be compared"):
        holds(compares("text", "LessThan", 1), resolve)


def test_dependencies_are_those_of_data_and_those_that_are_named() -> None:
    text = definition(
        [
            condition("Gate", compares(get("Steps.First.Outcome"), "Equals", "True"), then=[fails("Inner")]),
            condition("First", compares(1, "Equals", 1)),
            fails("Last", get("Steps.First.Outcome"), DependsOn=["Gate"]),
        ]
    )
    steps = parse(text).steps
    assert steps["Gate"].after == {"First"}
    assert steps["Last"].after == {"First", "Gate"}
    assert (steps["Inner"].after, steps["Inner"].branch) == (frozenset(), ("Gate", True))


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("{", "It is not JSON"),
        (json.dumps({"Version": "2019", "Steps": []}), "Version must be 2020-12-01"),
        (definition([]), "Steps must hold at least one step"),
        (definition([fails("a"), condition("b", compares(1, "Equals", 1), then=[fails("a")])]), "must be unique: a"),
        (definition([fails("a b")]), "A step needs a Name"),
        (definition([fails("a", DependsOn=["b"])]), "depends on b, which is not a step"),
        (definition([fails("a", get("Parameters.X"))]), "parameter X, which is not defined"),
        (definition([fails("a", get("Steps.X.Y"))]), "depends on X, which is not a step"),
        (definition([fails("a", get("Nothing.X"))]), "refers to Nothing"),
        (definition([fails("a", DependsOn=["b"]), fails("b", DependsOn=["a"])]), "depend on each other in a circle"),
        (definition([condition("a", {"Type": "Between"})]), "condition type Between is not one of"),
        (definition([condition("a", {"Type": "Equals", "LeftValue": 1})]), "condition Equals needs RightValue"),
        (definition([condition("a")]), "needs Conditions"),
        (definition([{"Name": "a", "Type": "Lambda"}]), "needs a FunctionArn"),
        (definition([fails("a")], [{"Name": "X", "Type": "List"}]), "needs a Name and a Type of String"),
    ],
)
def test_what_is_not_a_definition_is_refused(text: str, why: str) -> None:
    with pytest.raises(AwsError, match=r"ValidationException: Unable to parse pipeline definition\.") as caught:
        parse(text)
    assert why in caught.value.message


@pytest.mark.parametrize(
    ("step", "what"),
    [
        ({"Name": "p", "Type": "Processing", "Arguments": {}}, "Step p of type Processing"),
        ({"Name": "t", "Type": "Tuning"}, "Step t of type Tuning"),
        (fails("a", RetryPolicies=[{"ExceptionType": ["Step.THROTTLING"]}]), "RetryPolicies of step a"),
        (fails("a", CacheConfig={"Enabled": True, "ExpireAfter": "P1D"}), "CacheConfig of step a"),
        (fails("a", {"Std:JsonGet": {"PropertyFile": get("Steps.p.PropertyFiles.e"), "Path": "x"}}), "property file"),
        (fails("a", get("Execution.TrainingJobName")), "Execution variable TrainingJobName"),
    ],
)
def test_what_is_not_done_is_refused_by_name(step: dict[str, Any], what: str) -> None:
    with pytest.raises(AwsError, match="is not supported by the local stage") as caught:
        parse(definition([step]))
    assert what in caught.value.message


def test_experiments_are_refused_and_null_is_taken() -> None:
    whole = json.loads(definition([fails("a", CacheConfig={"Enabled": False})]))
    assert parse(json.dumps({**whole, "PipelineExperimentConfig": None})).steps
    with pytest.raises(AwsError, match="PipelineExperimentConfig"):
        parse(json.dumps({**whole, "PipelineExperimentConfig": {"ExperimentName": "e"}}))


def test_parameters_have_types_defaults_and_choices() -> None:
    known = {
        each["Name"]: Parameter.read(each)
        for each in (
            {"Name": "Rounds", "Type": "Integer", "DefaultValue": 5},
            {"Name": "Rate", "Type": "Float"},
            {"Name": "Mode", "Type": "String", "DefaultValue": "slow", "EnumValues": ["slow", "fast"]},
            {"Name": "On", "Type": "Boolean", "DefaultValue": False},
        )
    }
    given = [{"Name": "Rate", "Value": "0.5"}, {"Name": "On", "Value": "true"}]
    assert values(known, given) == {"Rounds": 5, "Rate": 0.5, "Mode": "slow", "On": True}
    for name, text, why in (
        ("Rounds", "x", "must be of type Integer"),
        ("Mode", "medium", "must be one of slow, fast"),
        ("On", "yes", "must be of type Boolean"),
        ("Other", "x", r"\[Other\] are not defined"),
    ):
        with pytest.raises(AwsError, match=why):
            values(known, [*given[:1], {"Name": name, "Value": text}])
    with pytest.raises(AwsError, match=r"\[Rate\] have no default"):
        values(known, [])
