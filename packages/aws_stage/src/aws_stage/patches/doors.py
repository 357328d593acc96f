"""ministack's doors: what the address of an API or a distribution names goes there, and nowhere else.

ministack looks at a request's path for its health page, hosted sign-in pages, mail, registries and catalogues before it
looks whether the address is that of a deployed API, which everybody may call. So ``id.execute-api.localhost/v2/email``
would send mail, unsigned, and an API could have no route ``/login``. A name that no distribution has would be taken for
a bucket's.
"""

from __future__ import annotations

from typing import Any

from aws_stage.patches.replace import replace


def apply() -> None:
    from ministack import app
    from ministack.services import cloudfront, s3

    def is_distribution(headers: dict[str, str]) -> bool:
        return app._parse_cloudfront_dataplane_host(headers.get("host", "")) is not None

    def is_api(headers: dict[str, str], path: str) -> bool:
        host = headers.get("host", "")
        return (
            is_distribution(headers)
            or app._parse_execute_api_url(host, path) is not None
            or app._parse_lambda_url(host, path) is not None
        )

    async def before_body(method: str, path: str, headers: dict[str, str], *rest: Any) -> Any:
        return None if is_api(headers, path) else await original_before(method, path, headers, *rest)

    original_before = replace(app, "_handle_pre_body_request", before_body)

    async def shortcuts(method: str, path: str, headers: dict[str, str], *rest: Any) -> Any:
        return None if is_api(headers, path) else await original_shortcuts(method, path, headers, *rest)

    original_shortcuts = replace(app, "_handle_post_body_shortcuts", shortcuts)

    async def data_planes(method: str, path: str, headers: dict[str, str], *rest: Any, **raw: Any) -> Any:
        if not is_api(headers, path):
            return await original_planes(method, path, headers, *rest, **raw)
        body, query, request_id = rest
        if is_distribution(headers):
            viewed = (path, raw["raw_path"] or path, raw["raw_query_string"], method, headers, body, query)
            answer = await app._handle_cloudfront_dataplane_request(headers["host"], *viewed, raw["client_ip"])
            return answer or cloudfront._cf_error_response(403, "Bad request.", cloudfront._ERROR_X_CACHE)
        call = (headers.get("host", ""), path, method, headers, body, query)
        answer = await app._handle_execute_api_request(
            *call, raw_path=raw["raw_path"], raw_query_string=raw["raw_query_string"]
        )
        if answer is not None:
            return app._with_data_plane_headers(answer, request_id, wildcard_cors=False)
        status, answer_headers, content = await app._handle_lambda_url_request(*call, source_ip=raw["client_ip"])
        if not any(name.lower() == "x-amzn-requestid" for name in answer_headers):
            answer_headers["x-amzn-RequestId"] = request_id
        return status, answer_headers, content

    original_planes = replace(app, "_handle_special_data_plane_request", data_planes)

    # ``GET /health`` lists the bucket of that name; the stage's own health is elsewhere.
    replace(app, "_HEALTH_PATHS", ())
    # The guard has checked every signature, by the keys that the stage knows; S3 would check by others.
    replace(s3, "_verify_presigned_sigv4", lambda *_: None)
