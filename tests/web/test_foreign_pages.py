"""A page of somebody else's, open in the developer's browser, does nothing to the stage, though it knows the key pairs.

Every attack is signed as it would have to be: with headers, for which a browser asks first, and in the query, for which
it does not ask. The page comes from loopback itself, so that the browser keeps nothing from the stage that the stage
should refuse; what a bucket allows the page does get through.
"""

from __future__ import annotations

import hashlib
import json
import os
import threading
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from aws_stage.testing.lambda_functions import create, zipped
from aws_stage.testing.signed_requests import signed_headers
from botocore.auth import S3SigV4QueryAuth, SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from playwright.sync_api import Browser, Page, Playwright

from scripts.chromium import find_chromium
from tests.conftest import REGION, RunningStage
from tests.web.conftest import FLAGS

EVIL = "evil.test"
REBOUND = [
    f"--host-resolver-rules=MAP {EVIL} 127.0.0.1",
    "--disable-features=LocalNetworkAccessChecks,BlockInsecurePrivateNetworkRequests",
]
DELETE_ALL = b"<Delete><Object><Key>kept</Key></Object></Delete>"
SEND = """async ({url, method, headers, body, mode}) => {
  try {
    const answer = await fetch(url, {method, headers, body, mode, credentials: 'omit'});
    return {status: answer.status, type: answer.type, text: await answer.text()};
  } catch (error) { return {status: 0, type: 'failed', text: String(error)}; }
}"""


@pytest.fixture(scope="module")
def browser(playwright: Playwright) -> Iterator[Browser]:
    """A Chromium that finds ``evil.test`` on this machine, and lets its pages try loopback."""
    chromium = find_chromium(os.environ)
    running = playwright.chromium.launch(
        executable_path=chromium.binary,
        env={**os.environ, **chromium.environment},
        args=[*FLAGS, *REBOUND],
        chromium_sandbox=False,
    )
    yield running
    running.close()


class _EmptyPage(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("content-type", "text/html")
        self.end_headers()
        self.wfile.write(b"<!doctype html><title>A page</title>")

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  the name is the base class's
        """Say nothing."""


@pytest.fixture(scope="module")
def foreign_origin() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _EmptyPage)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    yield f"http://{EVIL}:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context()
    yield context.new_page()
    context.close()


@dataclass(frozen=True)
class Victims:
    """What the pages are after."""

    stage: RunningStage
    bucket: str
    stream: str
    function: str
    marker: Path
    new_function: str

    def untouched(self) -> None:
        s3, functions = self.stage.client("s3"), self.stage.client("lambda")
        objects = s3.list_objects_v2(Bucket=self.bucket)["Contents"]
        assert [found["Key"] for found in objects] == ["kept"]
        assert s3.get_object(Bucket=self.bucket, Key="kept")["Body"].read() == b"mine"
        summary = self.stage.client("kinesis").describe_stream_summary(StreamName=self.stream)
        assert summary["StreamDescriptionSummary"]["StreamStatus"] == "ACTIVE"
        assert self.new_function not in [found["FunctionName"] for found in functions.list_functions()["Functions"]]
        assert not self.marker.exists()


@pytest.fixture
def victims(stage: RunningStage, tmp_path: Path) -> Victims:
    name, marker = f"victim-{uuid.uuid4().hex[:8]}", tmp_path / "ran"
    s3, kinesis = stage.client("s3"), stage.client("kinesis")
    s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": REGION})
    s3.put_object(Bucket=name, Key="kept", Body=b"mine")
    kinesis.create_stream(StreamName=name, ShardCount=1)
    kinesis.get_waiter("stream_exists").wait(StreamName=name, WaiterConfig={"Delay": 1})
    function = create(stage, f"def handler(event, context):\n    open({str(marker)!r}, 'w').close()\n")
    return Victims(stage, name, name, function, marker, f"new-{uuid.uuid4().hex[:8]}")


def _attacks(victims: Victims, origin: str) -> Iterator[dict[str, Any]]:
    """Calls that would each do harm at ``origin``, as arguments of ``SEND``."""
    target = {"content-type": "application/x-amz-json-1.1", "x-amz-target": "Kinesis_20131202.DeleteStream"}
    new = {
        "FunctionName": victims.new_function,
        "Runtime": "python3.11",
        "Role": "arn:aws:iam::000000000000:role/f",
        "Handler": "handler.handler",
        "Code": {"ZipFile": zipped("def handler(event, context):\n    pass\n").hex()},
    }
    calls: list[tuple[str, str, str, dict[str, str], bytes]] = [
        ("s3", "GET", "/", {}, b""),
        ("s3", "GET", f"/{victims.bucket}/kept", {}, b""),
        ("s3", "PUT", f"/{victims.bucket}/kept", {}, b"theirs"),
        ("s3", "DELETE", f"/{victims.bucket}/kept", {}, b""),
        ("s3", "POST", f"/{victims.bucket}?delete=", {}, DELETE_ALL),
        ("kinesis", "POST", "/", target, json.dumps({"StreamName": victims.stream}).encode()),
        ("lambda", "POST", "/2015-03-31/functions", {}, json.dumps(new).encode()),
        ("lambda", "POST", f"/2015-03-31/functions/{victims.function}/invocations", {}, b"{}"),
    ]
    for service, method, path, headers, body in calls:
        call = {"method": method, "body": body.decode() if method in ("PUT", "POST") else None}
        made = signed_headers(method, origin + path, service, headers, body)
        made.pop("Content-Length", None)
        yield {**call, "url": origin + path, "headers": made, "mode": "cors"}
        yield {
            **call,
            "url": _presigned(method, origin + path, service, headers, body),
            "headers": headers,
            "mode": "cors",
        }
        if method in ("GET", "POST") and not headers:  # what a browser sends anywhere, without asking
            yield {
                **call,
                "url": _presigned(method, origin + path, service, headers, body),
                "headers": {},
                "mode": "no-cors",
            }
            yield {**call, "url": origin + path, "headers": {}, "mode": "no-cors"}
    for mode in ("cors", "no-cors"):
        yield {"method": "POST", "url": f"{origin}/_ministack/reset", "headers": {}, "body": "", "mode": mode}


def _presigned(method: str, url: str, service: str, headers: dict[str, str], body: bytes) -> str:
    class WithBody(SigV4QueryAuth):
        def payload(self, _request: Any) -> str:
            return hashlib.sha256(body).hexdigest()

    request = AWSRequest(method, url, headers=dict(headers))
    signer = S3SigV4QueryAuth if service == "s3" else WithBody
    signer(Credentials("local", "local"), service, REGION).add_auth(request)
    return str(request.url)


def _told(answer: dict[str, Any]) -> bool:
    """Whether the page learned anything of what it asked for."""
    return answer["status"] == 200 or "mine" in answer["text"]


def test_a_page_of_another_site_reads_nothing_changes_nothing_and_runs_nothing(
    page: Page, victims: Victims, foreign_origin: str
) -> None:
    page.goto(foreign_origin)
    for attack in _attacks(victims, victims.stage.endpoint_url):
        answer = page.evaluate(SEND, attack)
        assert not _told(answer), (attack, answer)
        victims.untouched()


def test_a_page_whose_name_came_to_mean_loopback_does_nothing_either(page: Page, victims: Victims) -> None:
    """DNS rebinding: to the browser the stage is the page's own server, so it asks nobody and hides no answer."""
    origin = f"http://{EVIL}:{victims.stage.port}"
    page.route(f"{origin}/page", lambda route: route.fulfill(content_type="text/html", body="<title>A page</title>"))
    page.goto(f"{origin}/page")
    for attack in _attacks(victims, origin):
        answer = page.evaluate(SEND, attack)
        assert answer["status"] == 403, (attack, answer)
        assert "answers to localhost and no other name" in answer["text"]
        victims.untouched()


def test_the_same_page_reaches_what_a_bucket_allows_it(page: Page, victims: Victims, foreign_origin: str) -> None:
    """That nothing happened to the others was the stage's doing, not the browser's."""
    rule = {"AllowedOrigins": [foreign_origin], "AllowedMethods": ["GET", "PUT"], "AllowedHeaders": ["*"]}
    s3 = victims.stage.client("s3")
    s3.put_bucket_cors(Bucket=victims.bucket, CORSConfiguration={"CORSRules": [rule]})
    page.goto(foreign_origin)
    url = f"{victims.stage.endpoint_url}/{victims.bucket}/kept"
    read = {"method": "GET", "url": url, "headers": signed_headers("GET", url, "s3", {}, b""), "mode": "cors"}
    assert page.evaluate(SEND, read)["text"] == "mine"
    headers = signed_headers("PUT", url, "s3", {}, b"theirs")
    headers.pop("Content-Length", None)
    write = {"method": "PUT", "url": url, "headers": headers, "body": "theirs", "mode": "cors"}
    assert page.evaluate(SEND, write)["status"] == 200
    assert s3.get_object(Bucket=victims.bucket, Key="kept")["Body"].read() == b"theirs"
    gone = {"method": "DELETE", "url": url, "headers": signed_headers("DELETE", url, "s3", {}, b""), "mode": "cors"}
    assert page.evaluate(SEND, gone)["type"] == "failed"
    s3.head_object(Bucket=victims.bucket, Key="kept")


@pytest.mark.parametrize("seen", ["link", "picture"])
def test_a_page_may_link_to_a_presigned_object_and_show_it(
    page: Page, victims: Victims, foreign_origin: str, seen: str
) -> None:
    picture = b'<svg xmlns="http://www.w3.org/2000/svg" width="7" height="5"></svg>'
    s3 = victims.stage.client("s3")
    s3.put_object(Bucket=victims.bucket, Key="picture.svg", Body=picture, ContentType="image/svg+xml")
    url = s3.generate_presigned_url("get_object", Params={"Bucket": victims.bucket, "Key": "picture.svg"})
    page.goto(foreign_origin)
    if seen == "link":
        page.evaluate("url => { location.href = url; }", url)
        page.wait_for_url(f"{victims.stage.endpoint_url}/**")
        assert page.locator("svg").count() == 1
    else:
        script = "async url => { const i = new Image(); i.src = url; await i.decode(); return i.width; }"
        assert page.evaluate(script, url) == 7
