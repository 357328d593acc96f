"""The API of domains, and who may call one."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from typing import Any

import pytest
from aws_stage.testing import RunningStage
from botocore.exceptions import ClientError
from opensearchpy import AuthenticationException, AuthorizationException, NotFoundError
from opensearchpy.connection import RequestsHttpConnection
from opensearchpy.helpers.signer import RequestsAWSV4SignerAuth

from contract.opensearch.domains import client_of, endpoint, new_domain

SECURE = {
    "EncryptionAtRestOptions": {"Enabled": True},
    "NodeToNodeEncryptionOptions": {"Enabled": True},
    "DomainEndpointOptions": {"EnforceHTTPS": True},
    "AdvancedSecurityOptions": {
        "Enabled": True,
        "InternalUserDatabaseEnabled": True,
        "MasterUserOptions": {"MasterUserName": "admin", "MasterUserPassword": "Admin-1234"},
    },
}


@pytest.fixture
def api(stage: RunningStage) -> Any:
    return stage.client("opensearch")


def test_a_domain_is_described_listed_changed_tagged_and_deleted(stage: RunningStage, api: Any) -> None:
    name = new_domain(stage, EngineVersion="OpenSearch_2.17", TagList=[{"Key": "a", "Value": "b"}])
    found = api.describe_domain(DomainName=name)["DomainStatus"]
    assert (found["Created"], found["Processing"], found["EngineVersion"]) == (True, False, "OpenSearch_2.17")
    assert {"DomainName": name, "EngineType": "OpenSearch"} in api.list_domain_names()["DomainNames"]
    assert [each["DomainName"] for each in api.describe_domains(DomainNames=[name])["DomainStatusList"]] == [name]
    api.update_domain_config(DomainName=name, ClusterConfig={"InstanceCount": 3})
    config = api.describe_domain_config(DomainName=name)["DomainConfig"]["ClusterConfig"]
    assert (config["Options"]["InstanceCount"], config["Status"]["UpdateVersion"]) == (3, 2)
    assert config["Options"]["InstanceType"] == "m5.large.search"
    api.add_tags(ARN=found["ARN"], TagList=[{"Key": "c", "Value": "d"}])
    api.remove_tags(ARN=found["ARN"], TagKeys=["a"])
    assert api.list_tags(ARN=found["ARN"])["TagList"] == [{"Key": "c", "Value": "d"}]
    search = client_of(stage, name)
    assert search.info()["version"]["number"] == "2.17.0"
    assert api.delete_domain(DomainName=name)["DomainStatus"]["Deleted"]
    with pytest.raises(ClientError, match="ResourceNotFoundException"):
        api.describe_domain(DomainName=name)
    with pytest.raises(NotFoundError):
        search.info()


def test_a_domain_that_is_made_again_is_empty(stage: RunningStage, api: Any) -> None:
    name = new_domain(stage)
    client_of(stage, name).index(index="a", id="1", body={"n": 1})
    api.delete_domain(DomainName=name)
    new_domain(stage, DomainName=name)
    assert client_of(stage, name).count()["count"] == 0


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("EngineVersion", "Elasticsearch_7.10"),
        ("VPCOptions", {"SubnetIds": ["subnet-1"]}),
        ("CognitoOptions", {"Enabled": True}),
    ],
)
def test_what_the_stage_lacks_is_refused(stage: RunningStage, option: str, value: Any) -> None:
    with pytest.raises(ClientError, match="not supported by the local stage"):
        new_domain(stage, **{option: value})


def test_a_domain_without_a_policy_lets_in_those_who_sign_alone(stage: RunningStage) -> None:
    name = new_domain(stage, AccessPolicies="")
    with pytest.raises(AuthorizationException):
        client_of(stage, name).info()
    assert _signing(stage, name, "test").info()["cluster_name"].endswith(name)


def test_a_wrong_signature_is_refused_whatever_the_policy_says(stage: RunningStage) -> None:
    with pytest.raises(AuthorizationException, match=r"InvalidSignature|SignatureDoesNotMatch"):
        _signing(stage, new_domain(stage), "wrong").info()


@pytest.mark.parametrize(
    ("change", "allowed"),
    [
        ({"Effect": "Deny"}, False),
        ({"Action": "es:ESHttpPost"}, False),
        ({"Action": "es:ESHttpGet"}, True),
        ({"Principal": {"AWS": "arn:aws:iam::000000000000:user/a"}}, False),
        ({"Condition": {"IpAddress": {"aws:SourceIp": ["127.0.0.0/8"]}}}, True),
        ({"Condition": {"IpAddress": {"aws:SourceIp": ["10.0.0.0/8"]}}}, False),
        ({"Condition": {"StringEquals": {"aws:UserAgent": "x"}}}, False),
    ],
)
def test_a_policy_lets_in_whom_it_names(stage: RunningStage, change: dict[str, Any], allowed: bool) -> None:
    statement = {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "es:*", "Resource": "*", **change}
    name = new_domain(stage, AccessPolicies=json.dumps({"Version": "2012-10-17", "Statement": [statement]}))
    if allowed:
        assert client_of(stage, name).info()
    else:
        with pytest.raises(AuthorizationException):
            client_of(stage, name).info()


def test_the_master_user_comes_by_password_and_nobody_else_does(stage: RunningStage) -> None:
    name = new_domain(stage, **SECURE)
    assert client_of(stage, name, http_auth=("admin", "Admin-1234")).info()
    for password in ("Admin-1235", None):
        options = {} if password is None else {"http_auth": ("admin", password)}
        with pytest.raises((AuthorizationException, AuthenticationException)):
            client_of(stage, name, **options).info()
    shown = stage.client("opensearch").describe_domain(DomainName=name)["DomainStatus"]["AdvancedSecurityOptions"]
    assert "MasterUserOptions" not in shown


def test_a_page_of_a_browser_is_refused(stage: RunningStage) -> None:
    request = urllib.request.Request(endpoint(stage, new_domain(stage)), headers={"Origin": "http://evil.example"})
    with pytest.raises(urllib.error.HTTPError, match="403"):
        urllib.request.urlopen(request)


def test_compressed_bodies_are_read(stage: RunningStage) -> None:
    search = client_of(stage, new_domain(stage), http_compress=True)
    search.index(index="a", id="1", body={"text": "x" * 5000})
    assert search.count(index="a")["count"] == 1


def _signing(stage: RunningStage, name: str, secret: str) -> Any:
    from botocore.credentials import Credentials

    auth = RequestsAWSV4SignerAuth(Credentials("test", secret), "ap-northeast-1", "es")
    return client_of(stage, name, http_auth=auth, connection_class=RequestsHttpConnection)
