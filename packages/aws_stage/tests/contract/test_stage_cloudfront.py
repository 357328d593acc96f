"""A CloudFront distribution serves its bucket at its own name, under its own policy, and nothing else does."""

from __future__ import annotations

import json
import signal
import urllib.error
import urllib.request
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from aws_stage.testing import REGION, RunningStage, free_port

PAGE = b"<h1>Hello</h1>"
OWN_PATHS = [
    "/v2/email/identities",
    "/login",
    "/health",
    "/_aws_stage/health",
    "/_ministack/health",
    "/?Action=ListUsers",
]


@dataclass
class Site:
    """A bucket with a page, behind a distribution that alone may read it."""

    stage: RunningStage
    bucket: str
    distribution: dict[str, Any]

    @property
    def url(self) -> str:
        return f"http://{self.distribution['DomainName']}"


def get(url: str, method: str = "GET", **headers: str) -> tuple[int, dict[str, str], bytes]:
    request = urllib.request.Request(url, method=method, headers=headers)
    try:
        with urllib.request.urlopen(request) as answer:
            return answer.status, {name.lower(): value for name, value in answer.headers.items()}, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, {name.lower(): value for name, value in error.headers.items()}, error.read()


def make_site(stage: RunningStage) -> Site:
    name = f"site-{uuid.uuid4().hex[:8]}"
    s3, cloudfront = stage.client("s3"), stage.client("cloudfront")
    s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": REGION})
    s3.put_object(
        Bucket=name, Key="index.html", Body=PAGE, ContentType="text/html; charset=utf-8", CacheControl="no-cache"
    )
    access = cloudfront.create_origin_access_control(
        OriginAccessControlConfig={
            "Name": name,
            "SigningProtocol": "sigv4",
            "SigningBehavior": "always",
            "OriginAccessControlOriginType": "s3",
        }
    )["OriginAccessControl"]["Id"]
    policy = cloudfront.create_response_headers_policy(
        ResponseHeadersPolicyConfig={
            "Name": name,
            "SecurityHeadersConfig": {
                "ContentSecurityPolicy": {"Override": True, "ContentSecurityPolicy": "default-src 'none'"}
            },
        }
    )["ResponseHeadersPolicy"]["Id"]
    distribution = cloudfront.create_distribution(
        DistributionConfig={
            "CallerReference": name,
            "Comment": name,
            "Enabled": True,
            "DefaultRootObject": "index.html",
            "Origins": {
                "Quantity": 1,
                "Items": [
                    {
                        "Id": "site",
                        "DomainName": f"{name}.s3.{REGION}.amazonaws.com",
                        "OriginAccessControlId": access,
                        "S3OriginConfig": {"OriginAccessIdentity": ""},
                    }
                ],
            },
            "DefaultCacheBehavior": {
                "TargetOriginId": "site",
                "ViewerProtocolPolicy": "redirect-to-https",
                "AllowedMethods": {"Quantity": 2, "Items": ["GET", "HEAD"]},
                "CachePolicyId": "658327ea-f89d-4fab-a63d-7e88639e58f6",  # Managed-CachingOptimized
                "ResponseHeadersPolicyId": policy,
            },
        }
    )["Distribution"]
    let_read(stage, name, distribution["ARN"])
    return Site(stage, name, distribution)


def let_read(stage: RunningStage, bucket: str, distribution_arn: str) -> None:
    """Give the bucket the policy that AWS documents for origin access control, with plain HTTP refused beside it."""
    objects = f"arn:aws:s3:::{bucket}/*"
    statements = [
        {
            "Effect": "Deny",
            "Principal": "*",
            "Action": "s3:*",
            "Resource": objects,
            "Condition": {"Bool": {"aws:SecureTransport": "false"}},
        },
        {
            "Effect": "Allow",
            "Principal": {"Service": "cloudfront.amazonaws.com"},
            "Action": "s3:GetObject",
            "Resource": objects,
            "Condition": {"StringEquals": {"AWS:SourceArn": distribution_arn}},
        },
    ]
    stage.client("s3").put_bucket_policy(Bucket=bucket, Policy=json.dumps({"Statement": statements}))


@pytest.fixture(scope="module")
def site(stage: RunningStage) -> Site:
    return make_site(stage)


def test_a_distributions_name_leads_to_it(stage: RunningStage, site: Site) -> None:
    label, _, rest = site.distribution["DomainName"].partition(".")
    assert label.startswith("d")
    assert rest == f"cloudfront.localhost:{stage.port}"
    cloudfront = stage.client("cloudfront")
    listed = cloudfront.list_distributions()["DistributionList"]["Items"]
    assert site.distribution["DomainName"] in [item["DomainName"] for item in listed]
    read = cloudfront.get_distribution(Id=site.distribution["Id"])["Distribution"]
    assert read["DomainName"] == site.distribution["DomainName"]
    addresses = json.loads(get(f"{stage.endpoint_url}/_aws_stage/websites")[2])["websites"]
    assert f"{site.url}/" in addresses


def test_the_bucket_is_served_with_the_distributions_headers_though_viewers_have_no_tls(site: Site) -> None:
    status, headers, body = get(f"{site.url}/")
    assert (status, body) == (200, PAGE)
    assert headers["content-type"] == "text/html; charset=utf-8"
    assert headers["cache-control"] == "no-cache"
    assert headers["content-security-policy"] == "default-src 'none'"
    assert get(f"{site.url}/", "HEAD")[2] == b""
    assert get(f"{site.url}/", "POST")[0] == 403


def test_only_the_distribution_that_the_bucket_names_reads_it(stage: RunningStage, site: Site) -> None:
    let_read(stage, site.bucket, "arn:aws:cloudfront::000000000000:distribution/ANOTHER")
    assert get(f"{site.url}/")[0] == 403
    let_read(stage, site.bucket, site.distribution["ARN"])
    assert get(f"{site.url}/")[0] == 200


@pytest.mark.parametrize("path", OWN_PATHS)
def test_every_path_is_the_distributions_own(site: Site, path: str) -> None:
    status, headers, body = get(f"{site.url}{path}", **{"X-Amz-Target": "Kinesis_20131202.ListStreams"})
    assert "x-amz-cf-id" in headers
    assert (status, body) == (200, PAGE) if path.startswith("/?") else status == 403


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_a_name_that_no_distribution_has_is_no_buckets_name_either(stage: RunningStage, method: str) -> None:
    s3 = stage.client("s3")
    s3.create_bucket(Bucket="nobody.cloudfront", CreateBucketConfiguration={"LocationConstraint": REGION})
    s3.put_object(Bucket="nobody.cloudfront", Key="kept", Body=b"mine")
    try:
        status, headers, body = get(f"http://nobody.cloudfront.localhost:{stage.port}/kept", method)
        assert (status, headers["x-cache"]) == (403, "Error from cloudfront")
        assert b"mine" not in body
        assert s3.get_object(Bucket="nobody.cloudfront", Key="kept")["Body"].read() == b"mine"
    finally:
        s3.delete_object(Bucket="nobody.cloudfront", Key="kept")
        s3.delete_bucket(Bucket="nobody.cloudfront")


def test_a_disabled_distribution_serves_nothing(stage: RunningStage) -> None:
    site = make_site(stage)
    assert get(f"{site.url}/")[0] == 200
    cloudfront = stage.client("cloudfront")
    found = cloudfront.get_distribution_config(Id=site.distribution["Id"])
    config = {**found["DistributionConfig"], "Enabled": False}
    cloudfront.update_distribution(Id=site.distribution["Id"], IfMatch=found["ETag"], DistributionConfig=config)
    assert get(f"{site.url}/")[0] == 403


def test_a_policy_is_answered_with_the_parts_that_it_was_given(stage: RunningStage, site: Site) -> None:
    cloudfront = stage.client("cloudfront")
    behaviour = cloudfront.get_distribution(Id=site.distribution["Id"])["Distribution"]["DistributionConfig"]
    policy = behaviour["DefaultCacheBehavior"]["ResponseHeadersPolicyId"]
    whole = cloudfront.get_response_headers_policy(Id=policy)["ResponseHeadersPolicy"]["ResponseHeadersPolicyConfig"]
    alone = cloudfront.get_response_headers_policy_config(Id=policy)["ResponseHeadersPolicyConfig"]
    for config in (whole, alone):
        assert "SecurityHeadersConfig" in config
        assert "RemoveHeadersConfig" not in config
        assert "CustomHeadersConfig" not in config


def test_a_site_is_there_after_the_stage_was_killed_and_has_moved_to_another_port(
    new_stage: Callable[..., RunningStage],
) -> None:
    stage = new_stage()
    site = make_site(stage)
    api = stage.client("apigatewayv2").create_api(
        Name="socket", ProtocolType="WEBSOCKET", RouteSelectionExpression="$request.body.action"
    )
    stage.stop(signal.SIGKILL)
    stage.port = free_port()
    stage.start()
    read = stage.client("cloudfront").get_distribution(Id=site.distribution["Id"])["Distribution"]
    assert read["DomainName"] == f"{site.distribution['DomainName'].partition(':')[0]}:{stage.port}"
    assert get(f"http://{read['DomainName']}/")[2] == PAGE
    (found,) = stage.client("apigatewayv2").get_apis()["Items"]
    assert found["ApiEndpoint"] == f"ws://{api['ApiId']}.execute-api.localhost:{stage.port}"
