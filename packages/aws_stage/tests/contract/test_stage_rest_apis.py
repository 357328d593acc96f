"""What a REST API answers for a function that fails."""

from __future__ import annotations

import json
from typing import Any

import pytest
import urllib3
from aws_stage.testing import REGION, RunningStage
from aws_stage.testing.lambda_functions import create

pytestmark = pytest.mark.stage

ANSWERS = """
    import json, sys
    def handler(event, context):
        said = event["body"]
        if said == "raise":
            raise ValueError("a secret")
        if said == "exit":
            sys.exit(1)
        if said == "shapeless":
            return {"vote": 1}
        if said == "nothing":
            return None
        if said == "own":
            return {"statusCode": 502, "body": "mine"}
        return {"statusCode": 200, "body": json.dumps({"heard": said})}
"""


class Api:
    """A REST API with one resource, which a function answers."""

    def __init__(self, stage: RunningStage, function: str, gateway_responses: dict[str, dict[str, Any]]) -> None:
        rest = stage.client("apigateway")
        self.id = rest.create_rest_api(name=function)["id"]
        root = rest.get_resources(restApiId=self.id)["items"][0]["id"]
        rest.put_method(restApiId=self.id, resourceId=root, httpMethod="POST", authorizationType="NONE")
        arn = f"arn:aws:lambda:{REGION}:000000000000:function:{function}"
        rest.put_integration(
            restApiId=self.id,
            resourceId=root,
            httpMethod="POST",
            type="AWS_PROXY",
            integrationHttpMethod="POST",
            uri=f"arn:aws:apigateway:{REGION}:lambda:path/2015-03-31/functions/{arn}/invocations",
        )
        for kind, response in gateway_responses.items():
            rest.put_gateway_response(restApiId=self.id, responseType=kind, **response)
        rest.create_deployment(restApiId=self.id, stageName="live")
        self._url = f"http://{self.id}.execute-api.localhost:{stage.port}/live/"

    def post(self, body: str) -> urllib3.BaseHTTPResponse:
        return urllib3.request("POST", self._url, body=body.encode(), retries=False)


FORM = {
    "responseParameters": {"gatewayresponse.header.Access-Control-Allow-Origin": "'https://site.example'"},
    "responseTemplates": {"application/json": '{"error":{"message":$context.error.messageString}}'},
}


@pytest.fixture(scope="module")
def function(stage: RunningStage) -> str:
    return create(stage, ANSWERS)


@pytest.mark.parametrize("failure", ["raise", "exit", "shapeless", "nothing"])
def test_a_function_that_fails_is_answered_by_the_gateway_response_and_its_error_stays_in_the_log(
    stage: RunningStage, function: str, failure: str
) -> None:
    answer = Api(stage, function, {"DEFAULT_5XX": FORM}).post(failure)
    assert answer.status == 502
    assert json.loads(answer.data) == {"error": {"message": "Internal server error"}}
    assert answer.headers["Access-Control-Allow-Origin"] == "https://site.example"


def test_without_a_gateway_response_the_answer_is_api_gateways_own(stage: RunningStage, function: str) -> None:
    answer = Api(stage, function, {}).post("raise")
    assert (answer.status, json.loads(answer.data)) == (502, {"message": "Internal server error"})


def test_a_status_of_the_gateway_response_is_used(stage: RunningStage, function: str) -> None:
    assert Api(stage, function, {"DEFAULT_5XX": {**FORM, "statusCode": "500"}}).post("raise").status == 500


def test_what_a_function_answers_itself_is_passed_on(stage: RunningStage, function: str) -> None:
    api = Api(stage, function, {"DEFAULT_5XX": FORM})
    assert json.loads(api.post("hello").data) == {"heard": "hello"}
    own = api.post("own")
    assert (own.status, own.data) == (502, b"mine")
