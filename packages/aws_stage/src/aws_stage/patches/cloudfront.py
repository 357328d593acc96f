"""CloudFront: a distribution's domain name leads to it: ``d111111abcdef8.cloudfront.localhost:<port>``.

ministack answers with a name below ``cloudfront.net``, which is AWS's; goes on serving a distribution that is disabled;
and adds empty parts to a response headers policy that was made without them, which Terraform would remove again and
again. It sends viewers to https, and keeps to a bucket's policy that refuses plain HTTP; the stage has no TLS, so here
each viewer counts as one that came by it, and so does what CloudFront asks of S3 for them.
"""

from __future__ import annotations

import os
from typing import Any

from aws_stage.patches.replace import replace


def apply() -> None:
    from ministack.core import iam_evaluator
    from ministack.services import cloudfront, s3

    port = os.environ["GATEWAY_PORT"]

    def named(distribution: dict[str, Any]) -> dict[str, Any]:
        label = distribution["DomainName"].partition(".")[0]
        return {**distribution, "DomainName": f"{label}.cloudfront.localhost:{port}"}

    def build(parent: Any, distribution: dict[str, Any]) -> None:
        original_build(parent, named(distribution))

    original_build = replace(cloudfront, "_build_distribution_xml", build)

    def build_list(root: Any, items: list[dict[str, Any]]) -> None:
        original_list(root, [named(item) for item in items])

    original_list = replace(cloudfront, "_build_distribution_list_xml", build_list)

    def find(label: str) -> Any:
        found = original_find(label)
        return found if found is not None and found["enabled"] else None

    original_find = replace(cloudfront, "find_distribution_for_label", find)
    replace(cloudfront, "_check_viewer_protocol_policy", lambda *_: None)

    def fetch(*call: Any, **more: Any) -> Any:
        address, _ = iam_evaluator._request_origin.get()
        token = iam_evaluator._request_origin.set((address, True))
        try:
            return original_fetch(*call, **more)
        finally:
            iam_evaluator._request_origin.reset(token)

    original_fetch = replace(s3, "serve_cloudfront_origin_fetch", fetch)

    def build_policy(parent: Any, config: dict[str, Any]) -> None:
        original_policy(parent, config)
        for key in ("CustomHeaders", "RemoveHeaders"):
            if not config[key]:
                parent.remove(parent.find(f"{key}Config"))

    original_policy = replace(cloudfront, "_build_rhp_config_xml", build_policy)
    replace(cloudfront, "_RHP_SPEC", {**cloudfront._RHP_SPEC, "build_config": build_policy})
