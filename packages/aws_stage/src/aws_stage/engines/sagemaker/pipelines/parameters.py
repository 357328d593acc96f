"""The parameters of a pipeline, and the values of an execution."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from aws_stage.engines.sagemaker.arns import invalid


def _boolean(text: str) -> bool:
    if text.lower() not in ("true", "false"):
        raise ValueError(text)
    return text.lower() == "true"


_READERS: Mapping[str, Callable[[str], Any]] = {"String": str, "Integer": int, "Float": float, "Boolean": _boolean}


@dataclass(frozen=True)
class Parameter:
    """``default`` and ``choices`` are None where the definition has none."""

    name: str
    type: str
    default: Any = None
    choices: tuple[Any, ...] | None = None

    @classmethod
    def read(cls, document: Any) -> Parameter:
        """One of the definition's ``Parameters``; raises ValidationException."""
        name = document.get("Name") if isinstance(document, dict) else None
        if not isinstance(name, str) or document.get("Type") not in _READERS:
            raise invalid(
                f"Unable to parse pipeline definition. A parameter needs a Name and a Type of {', '.join(_READERS)}."
            )
        choices = document.get("EnumValues")
        return cls(name, document["Type"], document.get("DefaultValue"), tuple(choices) if choices else None)

    def value(self, text: str) -> Any:
        """The value that StartPipelineExecution passes as text; raises ValidationException."""
        try:
            value = _READERS[self.type](text)
        except ValueError as error:
            raise invalid(f"Parameter {self.name} must be of type {self.type}, not {text!r}.") from error
        if self.choices is not None and value not in self.choices:
            raise invalid(f"Parameter {self.name} must be one of {', '.join(map(str, self.choices))}, not {text!r}.")
        return value


def values(known: Mapping[str, Parameter], given: Sequence[Mapping[str, str]]) -> dict[str, Any]:
    """The values of an execution by their names; raises ValidationException."""
    texts = {each["Name"]: each["Value"] for each in given}
    unknown = sorted(texts.keys() - known.keys())
    if unknown:
        raise invalid(f"Parameters [{', '.join(unknown)}] are not defined in the pipeline.")
    found = {
        name: parameter.value(texts[name]) if name in texts else parameter.default for name, parameter in known.items()
    }
    missing = sorted(name for name, value in found.items() if value is None)
    if missing:
        raise invalid(f"Parameters [{', '.join(missing)}] have no default value and need one.")
    return found
