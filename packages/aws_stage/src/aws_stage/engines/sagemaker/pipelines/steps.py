"""What each type of step does. Each call goes through the API, as a pipeline's does on AWS.

A step's work gives its properties; it may note metadata before it is done, and is called again with what it has noted
when the stage did not outlive it.
"""

from __future__ import annotations

import json
import secrets
import string
import threading
from collections.abc import Callable, Mapping
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from aws_stage.engines.sagemaker.pipelines.conditions import holds
from aws_stage.engines.sagemaker.pipelines.definition import Step
from aws_stage.engines.sagemaker.pipelines.expressions import Resolver

POLL_SECONDS = 0.1
_LETTERS = string.ascii_letters + string.digits
_LONGEST_NAME = 63
_OVER = ("Completed", "Failed", "Stopped")
_CASTS: Mapping[str, Callable[[Any], Any]] = {"String": str, "Integer": int, "Float": float, "Boolean": bool}

Note = Callable[[dict[str, Any]], None]
"""Keeps metadata of the step, on disk when it returns."""


class StepFailedError(Exception):
    """The step has failed; the text is its FailureReason."""


class StepStoppedError(Exception):
    """The execution was stopped while the step ran, or the stage goes down."""


class StepWork:
    """Runs the steps of one execution; ``stopped`` is set when it is to end, ``noted`` is what a step has noted."""

    def __init__(
        self, client: Callable[[str], Any], execution_arn: str, role: str, resolver: Resolver, stopped: threading.Event
    ) -> None:
        self._client = client
        self._arn = execution_arn
        self._role = role
        self._resolver = resolver
        self._stopped = stopped
        self._run: Mapping[str, Callable[[Step, dict[str, Any], Note], Any]] = {
            "Training": self._train,
            "Condition": self._decide,
            "RegisterModel": self._register,
            "Model": self._create_model,
            "Lambda": self._invoke,
            "Fail": self._fail,
        }

    def run(self, step: Step, noted: dict[str, Any], note: Note) -> Any:
        """The step's properties; raises StepFailedError, StepStoppedError or ExpressionError."""
        try:
            return self._run[step.type](step, noted, note)
        except (ClientError, BotoCoreError) as error:
            raise StepFailedError(f"ClientError: {error}") from error

    def _train(self, step: Step, noted: dict[str, Any], note: Note) -> Any:
        sagemaker = self._client("sagemaker")
        name = noted.get("TrainingJob", {}).get("Arn", "").rpartition("/")[2]
        if not name or not self._exists(name):
            arguments = self._resolver.resolve(step.arguments)
            name = name or self._name_for(step, arguments.pop("TrainingJobName", None))
            arguments = {"RoleArn": self._role, **arguments, "TrainingJobName": name}
            # Noted first: a stage that ends between the two calls finds the job's name, and makes no second job.
            note({"TrainingJob": {"Arn": f"{self._arn.rpartition(':')[0]}:training-job/{name}"}})
            sagemaker.create_training_job(**arguments)
        while True:
            description = sagemaker.describe_training_job(TrainingJobName=name)
            if description["TrainingJobStatus"] in _OVER:
                break
            if self._stopped.wait(POLL_SECONDS):
                raise StepStoppedError
        if description["TrainingJobStatus"] != "Completed":
            reason = description.get("FailureReason", f"The job is {description['SecondaryStatus']}.")
            raise StepFailedError(f"ClientError: {reason}" if not reason.startswith("ClientError") else reason)
        return description

    def _exists(self, name: str) -> bool:
        try:
            self._client("sagemaker").describe_training_job(TrainingJobName=name)
        except ClientError:
            return False
        return True

    def _decide(self, step: Step, _noted: dict[str, Any], note: Note) -> Any:
        outcome = all(holds(condition, self._resolver.resolve) for condition in step.arguments["Conditions"])
        note({"Condition": {"Outcome": str(outcome)}})
        return {"Outcome": str(outcome)}

    def _register(self, step: Step, noted: dict[str, Any], note: Note) -> Any:
        sagemaker = self._client("sagemaker")
        arn = noted.get("RegisterModel", {}).get("Arn")
        if arn is None:
            arguments = self._resolver.resolve(step.arguments)
            made_by = {"GeneratedBy": self._arn, **(arguments.get("MetadataProperties") or {})}
            arn = sagemaker.create_model_package(**{**arguments, "MetadataProperties": made_by})["ModelPackageArn"]
            note({"RegisterModel": {"Arn": arn}})
        return sagemaker.describe_model_package(ModelPackageName=arn)

    def _create_model(self, step: Step, noted: dict[str, Any], note: Note) -> Any:
        sagemaker = self._client("sagemaker")
        name = noted.get("Model", {}).get("Arn", "").rpartition("/")[2]
        if not name:
            arguments = self._resolver.resolve(step.arguments)
            name = self._name_for(step, arguments.pop("ModelName", None))
            arguments = {"ExecutionRoleArn": self._role, **arguments, "ModelName": name}
            note({"Model": {"Arn": sagemaker.create_model(**arguments)["ModelArn"]}})
        return sagemaker.describe_model(ModelName=name)

    def _invoke(self, step: Step, _noted: dict[str, Any], note: Note) -> Any:
        """https://docs.aws.amazon.com/sagemaker/latest/dg/build-and-manage-steps-types.html (Lambda step)"""
        function = self._resolver.resolve(step.body["FunctionArn"])
        payload = json.dumps(self._resolver.resolve(step.arguments)).encode()
        answer = self._client("lambda").invoke(FunctionName=function, Payload=payload)
        body = answer["Payload"].read().decode("utf-8", "replace")
        if answer.get("FunctionError"):
            raise StepFailedError(f"ClientError: Lambda function {function} failed: {body}")
        outputs = _outputs(step, body)
        note({"Lambda": {"Arn": function, "OutputParameters": _shown(outputs)}})
        return {"OutputParameters": outputs}

    def _fail(self, step: Step, _noted: dict[str, Any], note: Note) -> Any:
        message = str(self._resolver.resolve(step.arguments["ErrorMessage"]))
        note({"Fail": {"ErrorMessage": message}})
        raise StepFailedError(message)

    def _name_for(self, step: Step, prefix: str | None) -> str:
        """``pipelines-<execution>-<step>-<random>``, as SageMaker names what a pipeline makes."""
        execution = self._arn.rpartition("/")[2]
        ending = "".join(secrets.choice(_LETTERS) for _ in range(10))
        start = f"{prefix}-{execution}" if prefix else f"pipelines-{execution}-{step.name.replace('_', '-')}"
        return f"{start[: _LONGEST_NAME - len(ending) - 1].rstrip('-')}-{ending}"


def _outputs(step: Step, body: str) -> dict[str, Any]:
    wanted = step.body.get("OutputParameters") or []
    if not wanted:
        return {}
    try:
        answer = json.loads(body)
    except ValueError as error:
        raise StepFailedError(f"ClientError: The function's answer is not JSON: {body[:200]}") from error
    found = {}
    for each in wanted:
        name, kind = each["OutputName"], each.get("OutputType", "String")
        if not isinstance(answer, dict) or name not in answer:
            raise StepFailedError(f"ClientError: The function's answer has no {name}, which OutputParameters names.")
        try:
            found[name] = _CASTS[kind](answer[name])
        except (KeyError, TypeError, ValueError) as error:
            raise StepFailedError(f"ClientError: {name} is not of type {kind}: {answer[name]!r}") from error
    return found


def _shown(outputs: Mapping[str, Any]) -> list[dict[str, str]]:
    return [
        {"Name": name, "Value": str(value).lower() if isinstance(value, bool) else str(value)}
        for name, value in outputs.items()
    ]
