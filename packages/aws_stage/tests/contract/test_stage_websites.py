"""Buckets with a website configuration are served to browsers, by Host."""

from __future__ import annotations

import json
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Callable
from typing import Any

import pytest
from aws_stage.testing import RunningStage

BUCKET = "a-website"


def address(stage: RunningStage, bucket: str) -> str:
    return f"http://{bucket}.s3-website.localhost:{stage.port}"


def get(url: str, method: str = "GET", **headers: str) -> tuple[int, dict[str, str], bytes]:
    request = urllib.request.Request(url, method=method, headers=headers)
    try:
        with urllib.request.urlopen(request) as answer:
            return answer.status, {name.lower(): value for name, value in answer.headers.items()}, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, {name.lower(): value for name, value in error.headers.items()}, error.read()


@pytest.fixture(scope="module")
def website(stage: RunningStage) -> str:
    s3 = stage.client("s3")
    for bucket in (BUCKET, "no-website"):
        s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": "ap-northeast-1"})
        s3.put_object(Bucket=bucket, Key="index.html", Body=b"<h1>Hello</h1>", ContentType="text/html; charset=utf-8")
    s3.put_object(Bucket=BUCKET, Key="js/a-1.js", Body=b"1", ContentType="text/javascript", CacheControl="immutable")
    s3.put_bucket_website(Bucket=BUCKET, WebsiteConfiguration={"IndexDocument": {"Suffix": "index.html"}})
    return address(stage, BUCKET)


def test_a_folder_is_its_index_document(website: str) -> None:
    status, headers, body = get(f"{website}/")
    assert (status, body) == (200, b"<h1>Hello</h1>")
    assert headers["content-type"] == "text/html; charset=utf-8"
    assert get(website)[2] == body


@pytest.mark.usefixtures("website")
@pytest.mark.parametrize("endpoint", ["s3-website-ap-northeast-1", "s3-website.ap-northeast-1", "S3-Website"])
def test_an_endpoint_may_name_its_region_as_on_aws(stage: RunningStage, endpoint: str) -> None:
    assert get(f"http://{BUCKET}.{endpoint}.localhost:{stage.port}/")[2] == b"<h1>Hello</h1>"


def test_a_website_has_every_path_itself(stage: RunningStage, website: str) -> None:
    stage.client("s3").put_object(Bucket=BUCKET, Key="_aws_stage/health", Body=b"mine", ContentType="text/plain")
    assert get(f"{website}/_aws_stage/health")[2] == b"mine"


def test_an_object_answers_with_its_own_type_and_caching_and_a_sites_security_headers(website: str) -> None:
    status, headers, body = get(f"{website}/js/a-1.js")
    assert (status, body) == (200, b"1")
    assert (headers["content-type"], headers["cache-control"]) == ("text/javascript", "immutable")
    assert headers["content-security-policy"] == "frame-ancestors 'none'"
    assert headers["x-content-type-options"] == "nosniff"


def test_a_page_elsewhere_may_read_a_website_where_the_bucket_says_so(stage: RunningStage, website: str) -> None:
    page = {"Origin": "https://friend.example", "Sec-Fetch-Site": "cross-site"}
    assert not [name for name in get(f"{website}/", **page)[1] if name.startswith("access-control-")]
    rule = {"AllowedOrigins": ["https://friend.example"], "AllowedMethods": ["GET"]}
    stage.client("s3").put_bucket_cors(Bucket=BUCKET, CORSConfiguration={"CORSRules": [rule]})
    status, headers, _ = get(f"{website}/", **page)
    assert (status, headers["access-control-allow-origin"]) == (200, "https://friend.example")
    page["Origin"] = "https://evil.example"
    assert "access-control-allow-origin" not in get(f"{website}/", **page)[1]


def test_a_head_request_gets_no_body(website: str) -> None:
    assert get(f"{website}/", "HEAD")[2] == b""


@pytest.mark.parametrize(("path", "method", "expected"), [("nothing.html", "GET", 404), ("", "POST", 405)])
def test_what_a_website_does_not_do_is_refused(website: str, path: str, method: str, expected: int) -> None:
    assert get(f"{website}/{path}", method)[0] == expected


@pytest.mark.usefixtures("website")
@pytest.mark.parametrize("bucket", ["no-website", "no-bucket"])
def test_a_bucket_without_a_website_configuration_stays_private(stage: RunningStage, bucket: str) -> None:
    assert get(address(stage, bucket))[0] == 404


def test_the_websites_are_listed(stage: RunningStage, website: str) -> None:
    assert f"{website}/" in json.loads(get(f"{stage.endpoint_url}/_aws_stage/websites")[2])["websites"]


def test_starting_the_stage_names_its_websites(new_stage: Callable[..., Any]) -> None:
    stage = new_stage()
    s3 = stage.client("s3")
    s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": "ap-northeast-1"})
    s3.put_bucket_website(Bucket=BUCKET, WebsiteConfiguration={"IndexDocument": {"Suffix": "index.html"}})
    up = subprocess.run(
        [sys.executable, "-m", "aws_stage", "up"],
        env=stage.environment,
        capture_output=True,
        text=True,
        check=True,
    )
    assert f"Website: {address(stage, BUCKET)}/" in up.stdout
