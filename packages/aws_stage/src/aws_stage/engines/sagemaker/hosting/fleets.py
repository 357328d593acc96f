"""The deployments of endpoints as fleets of processes: brought up, switched to, and taken down."""

from __future__ import annotations

import random
import secrets
import shutil
import threading
from collections.abc import Callable, Sequence
from pathlib import Path

from aws_stage.engines.sagemaker.containers.logs import ContainerLogs
from aws_stage.engines.sagemaker.hosting.deployment import Deployment, DeploymentError
from aws_stage.engines.sagemaker.hosting.live import LiveDeployments
from aws_stage.engines.sagemaker.hosting.specification import VariantSpecification
from aws_stage.engines.sagemaker.resources import Document
from aws_stage.kernel.engine import Stage


class Fleets:
    """Safe between threads. ``stopping`` is set when the stage goes down."""

    def __init__(
        self, stage: Stage, live: LiveDeployments, logs: ContainerLogs, rng: random.Random, stopping: threading.Event
    ) -> None:
        self._stage = stage
        self._live = live
        self._logs = logs
        self._rng = rng
        self._stopping = stopping
        self._archives = stage.settings.state_dir / "engines" / "sagemaker-models"
        self._passing: set[Deployment] = set()  # those that come up, and those that go
        self._lock = threading.Lock()

    def all(self) -> set[Deployment]:
        """Every deployment that has processes, or is getting some."""
        with self._lock:
            return {*self._live.all(), *self._passing}

    def new(self, name: str, of: Document) -> Deployment:
        """The deployment of an endpoint's document, or of what is pending in it."""
        wanted = of["Deployment"]
        return Deployment(
            endpoint=name,
            config=of["EndpointConfigName"],
            identity=wanted["Identity"],
            specifications=specifications_of(wanted),
            folder=self._folder(name),
            archives=self._archives / name,
            manifest=self._stage.manifest,
            settings=self._stage.settings,
            s3=self._stage.client("s3"),
            logs=self._logs,
            rng=self._rng,
        )

    def bring_up(self, deployment: Deployment, failed: Callable[[str], None]) -> bool:
        """Start a deployment; whether it answers now. ``failed`` hears why not, unless the stage goes down."""
        with self._lock:
            self._passing.add(deployment)
        try:
            if self._stopping.is_set():
                return False
            deployment.bring_up()
        except DeploymentError as error:
            if not self._stopping.is_set():
                deployment.discard()
                failed(str(error))
            return False
        except BaseException:
            deployment.discard()
            raise
        finally:
            with self._lock:
                self._passing.discard(deployment)
        return not self._stopping.is_set()

    def retire(self, deployment: Deployment) -> None:
        """Let what is in flight finish, and end a deployment."""
        with self._lock:
            self._passing.add(deployment)
        try:
            deployment.retire()
        finally:
            with self._lock:
                self._passing.discard(deployment)

    def switch(self, name: str, deployment: Deployment) -> None:
        """From now on, ``deployment`` alone serves the endpoint."""
        old = self._live.get(name)
        if old is not None:
            for gone in old.variants.keys() - deployment.variants.keys():
                (self._folder(name) / f"{gone}.pid").unlink(missing_ok=True)
            old.step_back()
        self._live.put(name, deployment)
        deployment.serve()

    def forget_archives(self, endpoints: Sequence[Document]) -> None:
        """Drop the artifacts of deployments whose end a stage did not live to see."""
        wanted = {
            (each["EndpointName"], deployment["Identity"])
            for each in endpoints
            for deployment in (each["Deployment"], (each.get("Pending") or each)["Deployment"])
        }
        for archives in self._archives.glob("*/*"):
            if (archives.parent.name, archives.name) not in wanted:
                self._stage.manifest.drop_under(archives)
                shutil.rmtree(archives, ignore_errors=True)

    def clear(self, name: str) -> None:
        """Drop the files of an endpoint that has gone."""
        shutil.rmtree(self._folder(name), ignore_errors=True)
        self._stage.manifest.drop_under(self._archives / name)
        shutil.rmtree(self._archives / name, ignore_errors=True)

    def _folder(self, name: str) -> Path:
        return self._stage.directory("sagemaker") / name


def deployment_document(specifications: Sequence[VariantSpecification]) -> Document:
    """What an endpoint's document keeps of a deployment."""
    return {
        "Identity": secrets.token_hex(4),
        "Specifications": [specification.document() for specification in specifications],
    }


def specifications_of(wanted: Document) -> list[VariantSpecification]:
    """The inverse of ``deployment_document``."""
    return [VariantSpecification.from_document(document) for document in wanted["Specifications"]]
