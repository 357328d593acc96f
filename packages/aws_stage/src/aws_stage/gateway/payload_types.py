"""Whether a call's members have the types of AWS's own service models (those that botocore ships)."""

from __future__ import annotations

from functools import cache
from typing import Any

from botocore.exceptions import DataNotFoundError
from botocore.loaders import Loader
from botocore.model import ListShape, MapShape, OperationNotFoundError, ServiceModel, Shape, StructureShape

_SCALARS: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "character": (str,),
    "blob": (str, bytes),
    "boolean": (bool,),
    "integer": (int, float),
    "long": (int, float),
    "float": (int, float, str),  # NaN and Infinity are texts
    "double": (int, float, str),
}


def mismatch(service: str, operation: str, payload: dict[str, Any]) -> str | None:
    """The first member of another type than the model's, in words; None when all fit, or there is no such model.

    ``service`` is a SigV4 signing name. Timestamps and members that the model does not have may be anything.
    """
    try:
        shape = model_of(service).operation_model(operation).input_shape
    except (DataNotFoundError, OperationNotFoundError):
        return None
    return _mismatch(shape, payload, "")


@cache
def model_of(service: str) -> ServiceModel:
    """AWS's model of a service, by its SigV4 signing name; raises DataNotFoundError where that is not its model's."""
    return ServiceModel(Loader().load_service_model(service, "service-2"), service)


def _mismatch(shape: Shape | None, value: Any, path: str) -> str | None:
    if shape is None or value is None:
        return None
    inner: list[tuple[Shape | None, Any, str]] = []
    if isinstance(shape, StructureShape):
        wanted: tuple[type, ...] = (dict,)
        if isinstance(value, dict):
            inner = [(shape.members.get(name), item, f"{path}.{name}") for name, item in value.items()]
    elif isinstance(shape, MapShape):
        wanted = (dict,)
        if isinstance(value, dict):
            inner = [(shape.value, item, f"{path}.{name}") for name, item in value.items()]
    elif isinstance(shape, ListShape):
        wanted = (list,)
        if isinstance(value, list):
            inner = [(shape.member, item, f"{path}[{index}]") for index, item in enumerate(value)]
    else:
        wanted = _SCALARS.get(shape.type_name, (object,))
    if not isinstance(value, wanted) or (isinstance(value, bool) and bool not in wanted and object not in wanted):
        return f"{path.lstrip('.') or 'The request'} must be of type {shape.type_name}"
    return next((found for part in inner if (found := _mismatch(*part)) is not None), None)
