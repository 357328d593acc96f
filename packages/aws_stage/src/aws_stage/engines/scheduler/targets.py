"""The targets of EventBridge Scheduler: any API call (``aws-sdk:service:action``), and the templated ones.

https://docs.aws.amazon.com/scheduler/latest/UserGuide/managing-targets.html
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from botocore import xform_name
from botocore.exceptions import BotoCoreError, ClientError

_UNIVERSAL = "arn:aws:scheduler:::aws-sdk:"

_FINAL = (
    "AccessDenied",
    "EntityNotFound",
    "InvalidInput",
    "InvalidParameter",
    "ResourceNotFound",
    "NonExistentQueue",
    "QueueDoesNotExist",
    "NotFound",
    "UnsupportedOperation",
    "Validation",
)
"""An error whose code starts or ends like this will be the same next time."""

Clients = Callable[[str], Any]


class TargetError(Exception):
    """The target was not invoked; ``code`` is its error's, ``is_final`` says that trying again is no use."""

    def __init__(self, code: str, message: str, is_final: bool) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.is_final = is_final


def invoke(clients: Clients, target: Mapping[str, Any], text: str) -> None:
    """Invoke ``target`` with the input ``text``; raises TargetError."""
    arn = str(target["Arn"])
    try:
        if arn.startswith(_UNIVERSAL):
            _call(clients, arn.removeprefix(_UNIVERSAL), text)
        else:
            _invoke_templated(clients, arn, target, text)
    except ClientError as error:
        code = error.response["Error"].get("Code", "Unknown")
        bare = code.rpartition(".")[2].removesuffix("Exception")
        is_final = any(bare.startswith(mark) or bare.endswith(mark) for mark in _FINAL)
        raise TargetError(code, error.response["Error"].get("Message", ""), is_final) from error
    except BotoCoreError as error:
        raise TargetError(type(error).__name__, str(error), is_final=True) from error


def _call(clients: Clients, call: str, text: str) -> None:
    service, _, action = call.partition(":")
    try:
        client = clients(service)
        method = getattr(client, xform_name(action[:1].upper() + action[1:]))
    except (AttributeError, BotoCoreError) as error:
        raise TargetError("InvalidTarget", f"{service} has no {action}", is_final=True) from error
    try:
        arguments = json.loads(text or "{}")
    except ValueError as error:
        raise TargetError("InvalidInput", f"the input is not JSON: {error}", is_final=True) from error
    method(**arguments)


def _invoke_templated(clients: Clients, arn: str, target: Mapping[str, Any], text: str) -> None:
    service, _, resource = arn.removeprefix("arn:aws:").partition(":")
    name = resource.rpartition(":")[2]
    if service == "lambda":
        clients("lambda").invoke(FunctionName=arn, InvocationType="Event", Payload=text.encode())
    elif service == "sqs":
        url = clients("sqs").get_queue_url(QueueName=name)["QueueUrl"]
        group = target.get("SqsParameters") or {}
        clients("sqs").send_message(QueueUrl=url, MessageBody=text, **group)
    elif service == "sns":
        clients("sns").publish(TopicArn=arn, Message=text)
    elif service == "states":
        clients("stepfunctions").start_execution(stateMachineArn=arn, input=text)
    elif service == "kinesis":
        key = (target.get("KinesisParameters") or {}).get("PartitionKey", "")
        clients("kinesis").put_record(StreamARN=arn, Data=text.encode(), PartitionKey=key)
    elif service == "firehose":
        stream = name.partition("/")[2]
        clients("firehose").put_record(DeliveryStreamName=stream, Record={"Data": text.encode()})
    elif service == "sagemaker":
        given = (target.get("SageMakerPipelineParameters") or {}).get("PipelineParameterList") or []
        clients("sagemaker").start_pipeline_execution(PipelineName=name.partition("/")[2], PipelineParameters=given)
    elif service == "events":
        parameters = target.get("EventBridgeParameters") or {}
        entry = {"EventBusName": arn, "Detail": text, **parameters}
        clients("events").put_events(Entries=[entry])
    else:
        raise TargetError("InvalidTarget", f"the local stage cannot invoke {service}", is_final=True)
