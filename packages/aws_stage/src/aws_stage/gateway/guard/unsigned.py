"""What AWS serves to those who do not sign: public objects, and operations that are for people without credentials."""

from __future__ import annotations

import re

from aws_stage.gateway.guard.request import Request

_ACTION = re.compile(rb"(?:^|&)Action=(\w+)")


def is_public(request: Request) -> bool:
    """Whether the bucket's policy or an ACL lets anybody make this request, and no public access block forbids it."""
    from ministack.services import s3

    if request.object is None:
        return False
    bucket, key = request.object
    owner = s3._bucket_owner_account(bucket)
    granted = s3._foreign_bucket_allows(owner, bucket, key, request.method, request.query, "", dict(request.headers))
    return bool(granted)


def is_for_everybody(request: Request, body: bytes) -> bool:
    """Whether AWS's model of the operation says that it takes no signature (``sts:AssumeRoleWithWebIdentity``)."""
    from ministack.core import iam_actions

    target = request.headers.get("x-amz-target")
    if target is not None:
        return target.rpartition(".")[2] in iam_actions.unsigned_operations(request.service)
    found = _ACTION.search(request.query_string.encode("latin-1")) or _ACTION.search(body[:4096])
    # Only STS has such operations among the services that name them in a form; its calls say so by their action.
    return found is not None and found[1].decode() in iam_actions.unsigned_operations("sts")


def api_wants_signature(request: Request) -> bool:
    """Whether an API's route or a function URL has AWS_IAM as its authorization; a distribution never has."""
    from ministack import app

    if app._parse_cloudfront_dataplane_host(request.host) is not None:
        return False

    url = app._parse_lambda_url(request.host, request.path)
    if url is not None:
        resolved = app._get_module("lambda_svc").resolve_function_url(url[0])
        return resolved is not None and resolved[4].get("AuthType", "AWS_IAM") == "AWS_IAM"
    api, stage, path = app._parse_execute_api_url(request.host, request.path)
    stage, path = app._resolve_stage_and_path(api, stage, path)
    return bool(app._execute_api_authorization_type(api, stage, request.method, path) == "AWS_IAM")
