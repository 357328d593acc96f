"""Which model answers: looked up behind the endpoint, kept while the endpoint stays as it is.

InvokeEndpoint's answer names the production variant alone. DescribeEndpoint says which configuration serves (and which
is on its way), DescribeEndpointConfig which model a variant runs, DescribeModel what that model declares. The endpoint
is described again every few seconds of work; configurations and models, which cannot be changed, when it has changed.

While an endpoint passes from one configuration to another, either may have answered: both are named.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from datastreamer.aws.clock import Clock
from datastreamer.aws.faults import CALL_ERRORS, is_transient
from datastreamer.errors import UsageError
from datastreamer.scoring.score_range import ANY, VARIABLE, ScoreRange

if TYPE_CHECKING:
    from mypy_boto3_sagemaker import SageMakerClient

FRESH_S: Final = 2.0
"""How long what was read is believed. An update on AWS starts instances first, which takes longer by far."""
AGAIN_S: Final = 10.0
"""When a look that SageMaker did not answer is tried again: what the calls wait for must not be this."""
REFUSED_S: Final = 60.0
"""When a look that SageMaker refused is tried again; and how long what was seen last is believed without an answer."""
EITHER: Final = "|"
"""Between the names of two models of which one answered; no model's name has it."""


@dataclass(frozen=True, slots=True)
class Model:
    """A model's name, and the ranges that its scores may lie in: of two models, both."""

    name: str
    ranges: tuple[ScoreRange, ...] = (ANY,)

    def may_score(self, score: Any) -> bool:
        """Whether it can have given this score, a Decimal."""
        return any(score in each for each in self.ranges)

    def beside(self, other: Model) -> Model:
        """The model when it is not known which of the two it is."""
        if other.name == self.name:
            return self
        names = sorted({*self.name.split(EITHER), *other.name.split(EITHER)})
        return Model(EITHER.join(names), (*self.ranges, *other.ranges))


@dataclass(frozen=True)
class _Seen:
    """What a look at the endpoint showed, and when (s of the clock). ``identity`` changes with what serves."""

    at: float
    identity: object
    models: Mapping[str, Model]


@dataclass
class Serving:
    """The models behind endpoint ``name``. ``make`` gives SageMaker's client, once it is needed."""

    make: Callable[[], SageMakerClient]
    name: str
    clock: Clock
    _problem: str = ""
    _client: Any = None
    _seen: _Seen | None = None
    _next: float | None = None
    _variants: dict[tuple[str, Any], Mapping[str, Model]] = field(default_factory=dict)

    def look(self) -> None:
        """See what serves, unless it was seen just now. Call it before a call of the endpoint."""
        now = self.clock.now()
        if self._next is None or now >= self._next:
            self._look(now)

    def model(self, variant: str) -> Model | None:
        """The model that gave the answer which has just come from ``variant``; None when it cannot be told."""
        before = self._seen
        self.look()
        if before is self._seen and before is not None and variant not in before.models:
            self._look(self.clock.now())
        if self._seen is None:
            return None
        model = self._seen.models.get(variant)
        if model is None:
            self._problem = f"endpoint {self.name} has no variant {variant!r} with a model of its own"
            return None
        if before is not None and before.identity != self._seen.identity and variant in before.models:
            model = model.beside(before.models[variant])
        return model

    def take_problem(self) -> str:
        """Why a model was not known or its declaration not heeded, of what was found since this was asked last."""
        problem, self._problem = self._problem, ""
        return problem

    def _look(self, now: float) -> None:
        try:
            self._client = self._client or self.make()
            found: Any = self._client.describe_endpoint(EndpointName=self.name)
            configs = {found["EndpointConfigName"]}
            if coming := (found.get("PendingDeploymentSummary") or {}).get("EndpointConfigName"):
                configs.add(coming)
            changed = found.get("LastModifiedTime")
            if any(at != changed for _, at in self._variants):
                self._variants.clear()
            models: dict[str, Model] = {}
            for config in sorted(configs):
                for variant, model in self._models(config, changed).items():
                    models[variant] = models[variant].beside(model) if variant in models else model
        except CALL_ERRORS as error:
            self._failed(error, now)
        else:
            self._seen, self._next = _Seen(now, (changed, tuple(sorted(configs))), models), now + FRESH_S

    def _failed(self, error: Exception, now: float) -> None:
        self._problem = f"the model behind endpoint {self.name} cannot be looked up: {error}"
        refused = not is_transient(error)
        self._next = now + (REFUSED_S if refused else AGAIN_S)
        if self._seen is not None and (refused or now - self._seen.at >= REFUSED_S):
            self._seen = None

    def _models(self, config: str, changed: Any) -> Mapping[str, Model]:
        if (config, changed) not in self._variants:
            found: Any = self._client.describe_endpoint_config(EndpointConfigName=config)
            self._variants[config, changed] = {
                each["VariantName"]: self._described(each["ModelName"])
                for each in found["ProductionVariants"]
                if "ModelName" in each
            }
        return self._variants[config, changed]

    def _described(self, name: str) -> Model:
        found: Any = self._client.describe_model(ModelName=name)
        containers = [found["PrimaryContainer"]] if found.get("PrimaryContainer") else found.get("Containers", [])
        # Of several containers in a row the last gives the score.
        declared = (containers[-1].get("Environment") or {}).get(VARIABLE) if containers else None
        try:
            return Model(name, (ScoreRange.parse(declared),) if declared else (ANY,))
        except UsageError as error:
            self._problem = f"model {name} is taken to declare no range, as {VARIABLE} is wrong: {error}"
            return Model(name)
