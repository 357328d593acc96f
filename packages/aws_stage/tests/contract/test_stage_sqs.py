"""SQS messages that the stage has acknowledged survive ``kill -9``, and so does what became of them."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest
from aws_stage.patches.sqs_messages import named_queue
from aws_stage.testing import RunningStage

pytestmark = pytest.mark.stage

NewStage = Callable[..., RunningStage]


def _receive(sqs: Any, queue: str, **more: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10, **more).get(
        "Messages", []
    )
    return found


def test_messages_and_what_became_of_them_survive_a_kill(new_stage: NewStage) -> None:
    stage = new_stage()
    sqs, sns = stage.client("sqs"), stage.client("sns")
    queue, gone = (sqs.create_queue(QueueName=name)["QueueUrl"] for name in ("failures", "gone"))
    ordered = sqs.create_queue(
        QueueName="ordered.fifo", Attributes={"FifoQueue": "true", "ContentBasedDeduplication": "true"}
    )["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    topic = sns.create_topic(Name="failures")["TopicArn"]
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn, Attributes={"RawMessageDelivery": "true"})

    binary = {"raw": {"DataType": "Binary", "BinaryValue": b"\x00\xff"}}
    sqs.send_message(QueueUrl=queue, MessageBody="deleted")
    [message] = _receive(sqs, queue)
    sqs.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])
    sqs.send_message(QueueUrl=queue, MessageBody="received")
    [received] = _receive(sqs, queue, VisibilityTimeout=600)
    sqs.send_message(QueueUrl=queue, MessageBody="sent", MessageAttributes=binary)
    sqs.send_message_batch(QueueUrl=queue, Entries=[{"Id": str(n), "MessageBody": f"batch {n}"} for n in range(3)])
    for body in "abc":
        sent = sqs.send_message(QueueUrl=ordered, MessageBody=body, MessageGroupId="one")
    sqs.send_message(QueueUrl=gone, MessageBody="gone with its queue")
    sqs.delete_queue(QueueUrl=gone)
    sns.publish(TopicArn=topic, Message="published")
    stage.stop(signal.SIGKILL)
    stage.start()

    bodies = {message["Body"] for message in _receive(sqs, queue)}
    assert bodies == {"sent", "batch 0", "batch 1", "batch 2", "published"}
    sqs.change_message_visibility(QueueUrl=queue, ReceiptHandle=received["ReceiptHandle"], VisibilityTimeout=0)
    [again] = _receive(sqs, queue, AttributeNames=["ApproximateReceiveCount"])
    assert (again["Body"], again["Attributes"]["ApproximateReceiveCount"]) == ("received", "2")
    assert [message["Body"] for message in _receive(sqs, ordered)] == ["a", "b", "c"]
    later = sqs.send_message(QueueUrl=ordered, MessageBody="d", MessageGroupId="one")
    assert int(later["SequenceNumber"]) > int(sent["SequenceNumber"])
    assert [url.rsplit("/", 1)[1] for url in sqs.list_queues()["QueueUrls"]] == ["failures", "ordered.fifo"]


def test_messages_are_not_written_with_the_services_state_and_are_not_lost_without_it(new_stage: NewStage) -> None:
    stage = new_stage()
    sqs = stage.client("sqs")
    queue = sqs.create_queue(QueueName="failures")["QueueUrl"]
    attributes = {"raw": {"DataType": "Binary", "BinaryValue": b"\x00\xff"}}
    sqs.send_message(QueueUrl=queue, MessageBody="to be found in one file alone", MessageAttributes=attributes)
    stage.stop()
    state = stage.data_dir / "state" / "ministack" / "sqs.json"
    content = state.read_text()
    assert "to be found" not in content

    state.unlink()
    with pytest.raises(RuntimeError, match=r"sqs\.json is damaged: it is missing"):
        stage.start()
    forget = [sys.executable, "-m", "aws_stage", "forget", "ministack/sqs.json"]
    subprocess.run(forget, env=stage.environment, check=True)
    with pytest.raises(RuntimeError, match="holds messages of an SQS queue that the stage's state does not name"):
        stage.start()
    state.write_text(content)
    stage.start()
    [message] = _receive(sqs, queue, MessageAttributeNames=["All"])
    assert message["MessageAttributes"]["raw"]["BinaryValue"] == b"\x00\xff"


@pytest.mark.parametrize(
    ("body", "name"),
    [
        (
            json.dumps({"QueueUrl": "http://localhost:4566/000000000000/my-queue.fifo", "MessageBody": "x"}),
            "my-queue.fifo",
        ),
        ('{"MessageBody":"x","QueueUrl":"http://localhost:4566/000000000000/q_1"}', "q_1"),
        ("Action=SendMessage&QueueUrl=http%3A%2F%2Flocalhost%3A4566%2F000000000000%2Fqueue&MessageBody=x", "queue"),
        ("Action=ListQueues", None),
    ],
)
def test_the_queue_of_a_request_is_found_in_either_protocol(body: str, name: str | None) -> None:
    assert named_queue(body.encode()) == name
