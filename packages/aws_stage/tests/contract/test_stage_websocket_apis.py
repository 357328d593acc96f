"""A WebSocket's connection exists from the end of its handshake: until then, nobody can write to it."""

from __future__ import annotations

import json
import uuid
from pathlib import Path

import pytest
from aws_stage.testing import REGION, RunningStage
from aws_stage.testing.lambda_functions import create
from aws_stage.testing.waiting import PATIENCE, eventually
from websockets.exceptions import ConnectionClosedError, InvalidStatus
from websockets.sync.client import connect

pytestmark = pytest.mark.stage

WRITES_BACK = """
    import os
    import boto3
    def handler(event, context):
        request = event["requestContext"]
        management = boto3.client("apigatewaymanagementapi", endpoint_url=os.environ["MANAGEMENT"])
        found = "written"
        try:
            management.post_to_connection(ConnectionId=request["connectionId"], Data=b"hello")
        except management.exceptions.GoneException:
            found = "gone"
        with open(os.environ["NOTES"], "a") as notes:
            notes.write(f"{request['eventType']} {found}\\n")
        refused = "https://evil.example" in (event.get("headers") or {}).values()
        return {"statusCode": 403 if refused else 200}
"""


def _socket_api(stage: RunningStage, notes: Path) -> str:
    gateway = stage.client("apigatewayv2")
    api = gateway.create_api(
        Name=f"socket-{uuid.uuid4().hex[:8]}", ProtocolType="WEBSOCKET", RouteSelectionExpression="$request.body.action"
    )
    url = f"{api['ApiEndpoint']}/live"
    management = f"http://localhost:{stage.port}/_aws/execute-api/{api['ApiId']}/live"
    variables = {"MANAGEMENT": management, "NOTES": str(notes)}
    function = create(stage, WRITES_BACK, Environment={"Variables": variables})
    arn = f"arn:aws:lambda:{REGION}:000000000000:function:{function}"
    integration = gateway.create_integration(
        ApiId=api["ApiId"],
        IntegrationType="AWS_PROXY",
        IntegrationMethod="POST",
        IntegrationUri=f"arn:aws:apigateway:{REGION}:lambda:path/2015-03-31/functions/{arn}/invocations",
    )["IntegrationId"]
    for route in ("$connect", "$default"):
        gateway.create_route(ApiId=api["ApiId"], RouteKey=route, Target=f"integrations/{integration}")
    gateway.create_stage(ApiId=api["ApiId"], StageName="live", AutoDeploy=True)
    return url


def test_a_connection_is_gone_while_its_connect_route_runs_and_there_afterwards(
    stage: RunningStage, tmp_path: Path
) -> None:
    notes = tmp_path / "notes"
    with connect(_socket_api(stage, notes), open_timeout=PATIENCE) as socket:
        socket.send(json.dumps({"action": "any"}))
        assert socket.recv(timeout=PATIENCE) == "hello"
        eventually(lambda: notes.read_text().splitlines(), ["CONNECT gone", "MESSAGE written"])


def test_a_connect_route_that_answers_403_refuses_the_handshake(stage: RunningStage, tmp_path: Path) -> None:
    url = _socket_api(stage, tmp_path / "notes")
    with (
        pytest.raises(InvalidStatus, match="HTTP 403"),
        connect(url, open_timeout=PATIENCE, additional_headers={"Origin": "https://evil.example"}),
    ):
        pass


def test_a_message_of_more_than_128_kb_ends_its_connection_and_reaches_nobody(
    stage: RunningStage, tmp_path: Path
) -> None:
    notes = tmp_path / "notes"
    with connect(_socket_api(stage, notes), open_timeout=PATIENCE) as socket:
        socket.send("x" * 128 * 1024)
        assert socket.recv(timeout=PATIENCE) == "hello"
        socket.send("x" * (128 * 1024 + 1))
        with pytest.raises(ConnectionClosedError, match="1009"):
            socket.recv(timeout=PATIENCE)
    eventually(lambda: notes.read_text().splitlines().count("MESSAGE written"), 1)
