"""S3 listings of versions and of uploads: they honour ``encoding-type=url``, as listings of objects do.

Terraform asks for it and decodes the keys that it gets; without it, it deletes ``a b`` where ``a+b`` lies, for ever.
"""

from __future__ import annotations

import re
from typing import Any
from xml.sax.saxutils import unescape

from aws_stage.patches.replace import replace

_ENCODED = re.compile(r"<(Key|Prefix|KeyMarker|NextKeyMarker|Delimiter)>(.*?)</\1>", re.DOTALL)


def apply(s3: Any) -> None:
    for name in ("_list_object_versions", "_list_multipart_uploads"):
        _encode_keys_of(s3, name)


def _encode_keys_of(s3: Any, name: str) -> None:
    def listing(bucket: str, query: dict[str, Any]) -> Any:
        status, headers, body = original(bucket, query)
        if status == 200 and s3._qp(query, "encoding-type", "") == "url":
            body = _encoded(body.decode(), encode).encode()
        return status, headers, body

    encode = s3._url_encode
    original = replace(s3, name, listing)


def _encoded(document: str, encode: Any) -> str:
    end = document.rindex("</")
    keys = _ENCODED.sub(lambda found: f"<{found[1]}>{encode(unescape(found[2]))}</{found[1]}>", document[:end])
    return f"{keys}<EncodingType>url</EncodingType>{document[end:]}"
