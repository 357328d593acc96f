"""``bucket_script``: a number that is computed of others in the same bucket.

docs.opensearch.org/latest/aggregations/pipeline/bucket-script/
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from aws_stage.engines.opensearch.aggregations.scripts import Expression, compiled
from aws_stage.engines.opensearch.errors import SearchError, dictionary, illegal, only, unsupported

_BRACKETS = re.compile(r"(.+)\[(.+)\]")


@dataclass(frozen=True)
class BucketScript:
    """``paths``: a parameter's name to the place of its value in the bucket."""

    name: str
    paths: Mapping[str, str]
    script: Expression
    zeros: bool

    @classmethod
    def parse(cls, name: str, body: dict[str, Any]) -> BucketScript:
        only(body, {"buckets_path", "script", "gap_policy"}, "bucket_script")
        paths = body.get("buckets_path")
        if isinstance(paths, str):
            paths = {"_value": paths}
        elif isinstance(paths, list):
            paths = {f"_value{number}": path for number, path in enumerate(paths)}
        if not isinstance(paths, dict) or not paths:
            raise illegal(f"Missing required field [buckets_path] for bucket_script aggregation [{name}]")
        script = body.get("script")
        if isinstance(script, dict):
            only(script, {"source", "inline", "lang", "params"}, "script")
            if script.get("lang", "painless") != "painless" or script.get("params"):
                raise unsupported("A script with params of its own, or in another language than painless,")
            script = script.get("source", script.get("inline"))
        if not isinstance(script, str):
            raise illegal(f"Missing required field [script] for bucket_script aggregation [{name}]")
        policy = body.get("gap_policy", "skip")
        if policy not in ("skip", "insert_zeros"):
            raise unsupported(f"gap_policy [{policy}]")
        return cls(name, dictionary(paths, "buckets_path"), compiled(script), policy == "insert_zeros")

    def value(self, bucket: dict[str, Any]) -> dict[str, Any] | None:
        """The answer within a bucket; None where a value is missing."""
        given: dict[str, float] = {}
        for parameter, path in self.paths.items():
            value = self._found(bucket, str(path))
            empty = bucket.get("doc_count") == 0 and not str(path).endswith("_count")
            if value is None or empty or not math.isfinite(value):
                if not self.zeros:
                    return None
                value = 0.0
            given[parameter] = float(value)
        result = self.script(given)
        if result is None:
            return None
        number = float(result)
        return {
            "value": number if math.isfinite(number) else str(number).replace("inf", "Infinity").replace("nan", "NaN")
        }

    def _found(self, bucket: dict[str, Any], path: str) -> float | None:
        *names, last = path.split(">")
        for name in names:
            bucket = self._inside(bucket, name, path)
        if last == "_count":
            count: float = bucket["doc_count"]
            return count
        key, part = (found[1], found[2]) if (found := _BRACKETS.fullmatch(last)) else (last, None)
        if part is None and key not in bucket:
            key, _, part = last.partition(".")
        inside = self._inside(bucket, key, path)
        value: Any = (
            inside.get("values", inside).get(part or "value", inside) if part != "_count" else inside["doc_count"]
        )
        if isinstance(value, dict) and part:
            values = inside.get("values", {})
            value = values.get(str(float(part))) if re.fullmatch(r"\d+(\.\d+)?", part) else inside
        if isinstance(value, dict):
            raise self._unknown(path)
        found_value: float | None = value
        return found_value

    def _inside(self, bucket: dict[str, Any], name: str, path: str) -> dict[str, Any]:
        inside = bucket.get(name)
        if not isinstance(inside, dict) or "buckets" in inside:
            raise self._unknown(path)
        return inside

    def _unknown(self, path: str) -> SearchError:
        reason = f"No aggregation found for path [{path}]"
        return SearchError("action_request_validation_exception", f"Validation Failed: 1: {reason};")
