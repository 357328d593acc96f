"""AWS's Query protocol: a form in, XML out, both by botocore's model of the service.

docs.aws.amazon.com/AmazonRDS/latest/APIReference: ``Action`` names the operation; lists are ``Filters.Filter.1.Name``.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl
from xml.sax.saxutils import escape

from botocore.model import ServiceModel

from aws_stage.gateway.wire import Answer

MODELS = {"rds": "neptune"}
"""SigV4 signing name of each service that an engine serves in this protocol, to the name of botocore's model of it."""

_MOST_OF_A_LIST = 1000


class QueryService:
    """The operations of one service."""

    def __init__(self, service: str) -> None:
        import botocore.session

        self._model: ServiceModel = botocore.session.get_session().get_service_model(MODELS[service])

    def operation(self, body: bytes) -> str | None:
        """The operation that a form names."""
        return dict(parse_qsl(body.decode("utf-8", "replace"))).get("Action")

    def parameters(self, operation: str, body: bytes) -> dict[str, Any]:
        """The parameters as boto3 names them; raises ValueError for a value of another type than the model's."""
        if operation not in self._model.operation_names:
            return {}
        shape = self._model.operation_model(operation).input_shape
        form = dict(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True))
        return {} if shape is None else _structure(shape, "", form)

    def answer(self, operation: str, result: Mapping[str, Any]) -> Answer:
        """Status, headers and body of a success; ``result`` has the members of the operation's response in boto3."""
        model = self._model.operation_model(operation)
        request_id = str(uuid.uuid4())
        content = ""
        if model.output_shape is not None:
            wrapper = model.output_shape.serialization.get("resultWrapper", f"{operation}Result")
            content = f"<{wrapper}>{_xml(model.output_shape, result)}</{wrapper}>"
        namespace = self._model.metadata["xmlNamespace"]
        metadata = f"<ResponseMetadata><RequestId>{request_id}</RequestId></ResponseMetadata>"
        text = f'<{operation}Response xmlns="{namespace}">{content}{metadata}</{operation}Response>'
        return 200, [(b"content-type", b"text/xml"), (b"x-amzn-requestid", request_id.encode())], text.encode()


class QueryServices:
    """The services that the engines serve in this protocol, by SigV4 signing name."""

    def __init__(self, served: Iterable[str]) -> None:
        self._services = {name: QueryService(name) for name in sorted(set(served) & MODELS.keys())}

    def get(self, service: str | None) -> QueryService | None:
        """The service of that signing name; None when no engine serves it so."""
        return self._services.get(service or "")


def _structure(shape: Any, prefix: str, form: Mapping[str, str]) -> dict[str, Any]:
    found = {}
    for member, kind in shape.members.items():
        value = _value(kind, prefix + kind.serialization.get("name", member), form)
        if value is not None:
            found[member] = value
    return found


def _value(kind: Any, name: str, form: Mapping[str, str]) -> Any:
    if kind.type_name == "structure":
        return _structure(kind, f"{name}.", form) or None
    if kind.type_name == "list":
        item = kind.member
        prefix = f"{name}.{item.serialization.get('name', 'member')}"
        values: list[Any] = []
        while len(values) < _MOST_OF_A_LIST:
            value = _value(item, f"{prefix}.{len(values) + 1}", form)
            if value is None:
                break
            values.append(value)
        return values or None
    return None if name not in form else _scalar(kind, form[name])


def _scalar(kind: Any, text: str) -> Any:
    if kind.type_name in ("integer", "long"):
        return int(text)
    if kind.type_name in ("double", "float"):
        return float(text)
    if kind.type_name == "boolean":
        if text.lower() not in ("true", "false"):
            raise ValueError(f"{text!r} is neither true nor false")
        return text.lower() == "true"
    return text


def _xml(kind: Any, value: Any) -> str:
    if kind.type_name == "structure":
        members = ((kind.members[member], member, each) for member, each in value.items() if each is not None)
        return "".join(_element(shape.serialization.get("name", name), shape, each) for shape, name, each in members)
    if kind.type_name == "list":
        name = kind.member.serialization.get("name", "member")
        return "".join(_element(name, kind.member, each) for each in value)
    if kind.type_name == "boolean":
        return "true" if value else "false"
    if kind.type_name == "timestamp":
        return datetime.fromtimestamp(value, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return escape(str(value))


def _element(name: str, kind: Any, value: Any) -> str:
    return f"<{name}>{_xml(kind, value)}</{name}>"
