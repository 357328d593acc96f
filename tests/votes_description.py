"""The votes API as the site describes it (``openapi.json``), and whether an answer or a message is as described."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from tests.conftest import REPOSITORY

Json = Any

_TYPES: Final[Mapping[str, Callable[[Json], bool]]] = {
    "object": lambda value: isinstance(value, dict),
    "array": lambda value: isinstance(value, list),
    "string": lambda value: isinstance(value, str),
    "integer": lambda value: isinstance(value, int) and not isinstance(value, bool),
    "null": lambda value: value is None,
}
_LIMITS: Final[Mapping[str, Callable[[Json, Any], bool]]] = {
    "const": lambda value, limit: value == limit,
    "enum": lambda value, limit: value in limit,
    "pattern": lambda value, limit: not isinstance(value, str) or bool(re.search(limit, value)),
    "minLength": lambda value, limit: not isinstance(value, str) or len(value) >= limit,
    "minimum": lambda value, limit: not isinstance(value, int) or value >= limit,
    "minItems": lambda value, limit: not isinstance(value, list) or len(value) >= limit,
    "maxItems": lambda value, limit: not isinstance(value, list) or len(value) <= limit,
    "required": lambda value, limit: not isinstance(value, dict) or set(limit) <= set(value),
    "type": lambda value, limit: any(_TYPES[name](value) for name in ([limit] if isinstance(limit, str) else limit)),
}
_NESTED: Final = ("$ref", "description", "properties", "additionalProperties", "items", "prefixItems", "oneOf")


class Description:
    """The description as it lies among the site's sources."""

    def __init__(self) -> None:
        self.document: dict[str, Json] = json.loads(
            (REPOSITORY / "web" / "votes" / "src" / "openapi.json").read_text(encoding="utf-8")
        )

    def at(self, pointer: str) -> Json:
        """What a reference within the document (``#/components/…``) points to."""
        found = self.document
        for part in pointer.removeprefix("#/").split("/"):
            found = found[part]
        return found

    def problems(self, schema: Json, value: Json, place: str = "$") -> list[str]:
        """What is not as ``schema`` says; raises KeyError on a keyword of JSON Schema that is not understood here."""
        return list(self._problems(schema, value, place))

    def _problems(self, schema: Json, value: Json, place: str) -> Iterator[str]:
        if schema is True:
            return
        if schema is False:
            yield f"{place}: not described"
            return
        for keyword, limit in schema.items():
            if keyword not in _NESTED and not _LIMITS[keyword](value, limit):
                yield f"{place}: {keyword} {limit!r} does not hold for {value!r}"
        if "$ref" in schema:
            yield from self._problems(self.at(schema["$ref"]), value, place)
        if isinstance(value, dict):
            described = schema.get("properties", {})
            for name, member in value.items():
                rule = described.get(name, schema.get("additionalProperties", True))
                yield from self._problems(rule, member, f"{place}.{name}")
        if isinstance(value, list):
            first = schema.get("prefixItems", [])
            for index, member in enumerate(value):
                rule = first[index] if index < len(first) else schema.get("items", True)
                yield from self._problems(rule, member, f"{place}[{index}]")
        if "oneOf" in schema and [self.problems(one, value) for one in schema["oneOf"]].count([]) != 1:
            yield f"{place}: not exactly one of the alternatives holds for {value!r}"

    def answer_problems(self, method: str, path: str, status: int, headers: Mapping[str, str], body: str) -> list[str]:
        """What of an answer is not as described; ``headers`` by lower-case name."""
        described = self.document["paths"][path][method.lower()]["responses"]
        answer = described.get(str(status)) or described.get(f"{status // 100}XX")
        if answer is None:
            return [f"{method} {path} answers {status}, which is not described"]
        answer = self.at(answer["$ref"]) if "$ref" in answer else answer
        problems = []
        for name, header in answer.get("headers", {}).items():
            if name.lower() in headers:
                problems += self.problems(header["schema"], headers[name.lower()], name)
            elif "where it is known" not in header.get("description", ""):
                problems.append(f"the header {name} is missing")
        if headers.get("content-type", "").partition(";")[0] != "application/json":
            return [*problems, f"the answer is {headers.get('content-type')}"]
        return problems + self.problems(answer["content"]["application/json"]["schema"], json.loads(body))

    def codes(self, status: str) -> set[str]:
        """The error codes that a vote is refused with."""
        content = self.document["paths"]["/votes"]["post"]["responses"][status]["content"]
        schema = self.at(content["application/json"]["schema"]["$ref"])
        return set(schema["properties"]["error"]["properties"]["code"]["enum"])
