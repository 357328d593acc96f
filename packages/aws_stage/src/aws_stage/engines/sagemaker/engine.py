"""The engine: the operations, and what becomes of endpoints and jobs when the stage starts and stops."""

from __future__ import annotations

import random
from collections.abc import Mapping

from aws_stage.engines.sagemaker.containers.logs import ContainerLogs
from aws_stage.engines.sagemaker.events import Events
from aws_stage.engines.sagemaker.hosting.description import Descriptions
from aws_stage.engines.sagemaker.hosting.endpoint_configs import EndpointConfigs
from aws_stage.engines.sagemaker.hosting.endpoints import Endpoints
from aws_stage.engines.sagemaker.hosting.hosting import Hosting
from aws_stage.engines.sagemaker.hosting.invocation import Invocations
from aws_stage.engines.sagemaker.hosting.live import LiveDeployments
from aws_stage.engines.sagemaker.hosting.metrics import Metrics
from aws_stage.engines.sagemaker.hosting.models import Models
from aws_stage.engines.sagemaker.pipelines.executions import Executions
from aws_stage.engines.sagemaker.pipelines.pipelines import Pipelines
from aws_stage.engines.sagemaker.registry.model_package_groups import ModelPackageGroups
from aws_stage.engines.sagemaker.registry.model_packages import ModelPackages
from aws_stage.engines.sagemaker.resources import Resources
from aws_stage.engines.sagemaker.search import Searching
from aws_stage.engines.sagemaker.tagging import Tagging
from aws_stage.engines.sagemaker.training.jobs import TrainingJobs
from aws_stage.kernel.engine import Handler, Stage
from aws_stage.storage.leftovers import clear, end_process


class SageMakerEngine:
    """Owns the ``sagemaker`` signing name: SageMaker and SageMaker Runtime."""

    name = "sagemaker"
    owns = frozenset({"sagemaker"})

    def __init__(self, stage: Stage, rng: random.Random | None = None) -> None:
        self._stage = stage
        resources = Resources(stage)
        events = Events(stage)
        self._logs = ContainerLogs(stage.client, stage.clock)
        rng = rng or random.Random()  # noqa: S311  it shares traffic out
        live = LiveDeployments(rng)
        descriptions = Descriptions(resources, live, events)
        self._hosting = Hosting(stage, resources, live, descriptions, logs=self._logs, rng=rng)
        self._training = TrainingJobs(stage, resources, events, self._logs)
        pipelines = Pipelines(stage, resources)
        self._executions = Executions(stage, resources, pipelines, events)
        self._metrics = Metrics(stage.client, stage.clock)
        packages = ModelPackages(resources, events)
        configs = EndpointConfigs(resources)
        invocations = Invocations(stage.settings.region, live, self._metrics)
        handlers: dict[str, Handler] = {
            **Models(stage, resources, packages).operations,
            **packages.operations,
            **ModelPackageGroups(resources).operations,
            **configs.operations,
            **Endpoints(resources, configs, self._hosting, descriptions, stage.client).operations,
            **Tagging(resources).operations,
            **Searching(resources).operations,
            **self._training.operations,
            **pipelines.operations,
            **self._executions.operations,
            "InvokeEndpoint": invocations.invoke,
        }
        self.operations: Mapping[tuple[str, str], Handler] = {
            (self.name, operation): handler for operation, handler in handlers.items()
        }

    def start(self) -> None:
        """End what an earlier stage left behind, bring its endpoints back and take up its jobs."""
        work = self._stage.directory(self.name)
        for alive in work.glob("*/*/*/*/alive"):
            end_process(alive.parent)
        clear(work)
        self._logs.start()
        self._metrics.start()
        self._hosting.start()
        self._training.start()
        self._executions.start()

    def stop(self) -> None:
        """End every process."""
        self._executions.stop()
        self._training.stop()
        self._hosting.stop()
        self._metrics.stop()
        self._logs.stop()
