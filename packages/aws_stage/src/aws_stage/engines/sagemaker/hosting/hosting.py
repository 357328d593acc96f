"""Endpoints while they live: their deployments, and how they pass from one to the next.

An endpoint's document says what it is and what it is to become; a transition, on a thread of its own, makes it so. A
transition that the stage does not outlive is taken up again at the next start.
"""

from __future__ import annotations

import logging
import random
import threading
from collections.abc import Callable, Sequence
from typing import Any

from aws_stage.engines.sagemaker.arns import ENDPOINT
from aws_stage.engines.sagemaker.containers.logs import ContainerLogs
from aws_stage.engines.sagemaker.hosting.deployment import Deployment, DeploymentError
from aws_stage.engines.sagemaker.hosting.deployment_config import plan_of
from aws_stage.engines.sagemaker.hosting.description import Descriptions
from aws_stage.engines.sagemaker.hosting.fleets import Fleets, specifications_of
from aws_stage.engines.sagemaker.hosting.live import LiveDeployments
from aws_stage.engines.sagemaker.hosting.rollout import Rollout
from aws_stage.engines.sagemaker.hosting.variant import Variant
from aws_stage.engines.sagemaker.resources import Document, Resources
from aws_stage.kernel.engine import Stage

logger = logging.getLogger("aws_stage.sagemaker")

_LONGEST_REASON = 1024


class Hosting:
    """The endpoints of the stage that have a deployment, or are getting one."""

    def __init__(
        self,
        stage: Stage,
        resources: Resources,
        live: LiveDeployments,
        descriptions: Descriptions,
        *,
        logs: ContainerLogs,
        rng: random.Random,
    ) -> None:
        self._resources = resources
        self._descriptions = descriptions
        self._live = live
        self._transitions: set[threading.Thread] = set()
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        self._fleets = Fleets(stage, live, logs, rng, self._stopping)
        self._rollout = Rollout(stage.clock, live, stage.client, self._stopping)

    def start(self) -> None:
        """Bring every endpoint back to what its document says."""
        endpoints = self._resources.all(ENDPOINT)
        self._fleets.forget_archives(endpoints)
        for document in endpoints:
            status, name = document["EndpointStatus"], document["EndpointName"]
            if status == "Creating":
                self.create(name)
            elif status == "Deleting":
                self.delete(name)
            elif status != "Failed":
                if "VariantStatus" in document.get("Pending", {}):
                    self._resources.change(ENDPOINT, name, lambda changed: changed["Pending"].pop("VariantStatus"))
                self._fleets.switch(name, self._fleets.new(name, document))
                self._begin(self._restore, name)

    def stop(self) -> None:
        """End every server process; the documents stay as they are."""
        self._stopping.set()
        with self._lock:
            transitions = list(self._transitions)
        stoppers = [threading.Thread(target=deployment.stop) for deployment in self._fleets.all()]
        for stopper in stoppers:
            stopper.start()
        for thread in [*stoppers, *transitions]:
            thread.join()

    def create(self, name: str) -> threading.Thread:
        """Bring a new endpoint up: InService or Failed. The thread ends with the transition."""
        return self._begin(self._create, name)

    def update(self, name: str) -> threading.Thread:
        """Replace the deployment by the pending one; the old one serves until the new one answers, or for good."""
        return self._begin(self._update, name)

    def resize(self, name: str) -> threading.Thread:
        """Give each variant the weight and the instances that the document wants."""
        return self._begin(self._resize, name)

    def delete(self, name: str) -> threading.Thread:
        """Take an endpoint down, document and all."""
        return self._begin(self._delete, name)

    def _begin(self, transition: Callable[[str], None], name: str) -> threading.Thread:
        def run() -> None:
            try:
                transition(name)
            except Exception as error:
                logger.exception("endpoint %s", name)
                self._enter(name, "Failed", FailureReason=f"{type(error).__name__}: {error}")
            finally:
                with self._lock:
                    self._transitions.discard(thread)

        thread = threading.Thread(target=run, name=f"sagemaker-{name}", daemon=True)
        with self._lock:
            self._transitions.add(thread)
        thread.start()
        return thread

    def _create(self, name: str) -> None:
        document = self._resources.get(ENDPOINT, name)
        deployment = self._fleets.new(name, document)
        if self._fleets.bring_up(deployment, lambda why: self._enter(name, "Failed", FailureReason=why)):
            self._fleets.switch(name, deployment)
            self._enter(name, "InService")

    def _update(self, name: str) -> None:
        pending = self._resources.get(ENDPOINT, name)["Pending"]
        old, new = self._live.get(name), self._fleets.new(name, pending)
        instances = [each.instances for each in specifications_of(pending["Deployment"])]
        self._say(name, "Creating", f"Launching {sum(instances)} instance(s).")
        if not self._fleets.bring_up(new, lambda why: self._give_up(name, why)):
            return
        plan = plan_of(pending["DeploymentConfig"], min(instances))
        try:
            why = self._rollout.shift(name, new, plan, lambda status, message: self._say(name, status, message))
        except Exception as error:  # whatever went wrong, the old fleet is the one that is known to serve
            logger.exception("endpoint %s could not be updated", name)
            why = f"{type(error).__name__}: {error}"
        if self._stopping.is_set():
            new.stop()
            return
        if why is not None:
            self._roll_back(name, new, why)
            return
        self._fleets.switch(name, new)
        self._adopt(name)
        if old is not None:
            self._fleets.retire(old)

    def _say(self, name: str, status: str, message: str) -> None:
        if not self._stopping.is_set():
            self._descriptions.say(name, status, message)

    def _roll_back(self, name: str, new: Deployment, why: str) -> None:
        """Every invocation goes to the old deployment again before anything else happens."""
        self._live.turn_back(name)
        self._enter(name, "RollingBack", FailureReason=why)
        try:
            self._fleets.retire(new)
        except Exception as error:
            logger.exception("endpoint %s could not be rolled back", name)
            self._enter(name, "UpdateRollbackFailed", FailureReason=f"{why} {type(error).__name__}: {error}")
            return
        if not self._stopping.is_set():
            self._give_up(name, why)

    def _give_up(self, name: str, why: str) -> None:
        """The pending deployment is none any more: the endpoint is what it was."""

        def edit(document: Document) -> None:
            document.pop("Pending")

        self._enter(name, "InService", edit, FailureReason=why)

    def _adopt(self, name: str) -> None:
        def edit(document: Document) -> None:
            pending = document.pop("Pending")
            document |= {key: pending[key] for key in ("EndpointConfigName", "Deployment")}
            document.pop("LastDeploymentConfig", None)
            if pending["DeploymentConfig"]:
                document["LastDeploymentConfig"] = pending["DeploymentConfig"]

        self._enter(name, "InService", edit)

    def _resize(self, name: str) -> None:
        deployment = self._live.of(name)
        wanted = specifications_of(self._resources.get(ENDPOINT, name)["Deployment"])
        started = [
            (deployment.variants[each.name], instance)
            for each in wanted
            for instance in deployment.variants[each.name].resize(each.instances)
        ]
        try:
            deployment.await_answers(started)
        except DeploymentError as error:
            if not self._stopping.is_set():
                self._give_back(name, deployment, started, str(error))
            return
        for each in wanted:
            deployment.variants[each.name].weight = each.weight
        self._enter(name, "InService")
        surplus = [i for each in wanted for i in deployment.variants[each.name].shrink(each.instances)]
        deployment.end_instances(surplus)
        deployment.serve()

    def _give_back(self, name: str, deployment: Deployment, started: Sequence[tuple[Variant, Any]], why: str) -> None:
        """A resize that failed: the endpoint is again what it was before."""
        for variant, instance in started:
            variant.drop((instance,))
        deployment.end_instances([instance for _, instance in started])

        def edit(document: Document) -> None:
            for each in document["Deployment"]["Specifications"]:
                variant = deployment.variants[each["name"]]
                each |= {"weight": variant.weight, "instances": len(variant.instances)}

        self._enter(name, "InService", edit, FailureReason=why)

    def _delete(self, name: str) -> None:
        deployment = self._live.pop(name)
        if deployment is not None:
            self._fleets.retire(deployment)
        self._fleets.clear(name)
        self._resources.delete(ENDPOINT, name)

    def _restore(self, name: str) -> None:
        document = self._resources.get(ENDPOINT, name)
        if not self._fleets.bring_up(self._live.of(name), lambda why: self._fail_restored(name, why)):
            return
        if document["EndpointStatus"] in ("RollingBack", "UpdateRollbackFailed"):
            self._give_up(name, document["FailureReason"])
        elif "Pending" in document:
            self._update(name)
        elif document["EndpointStatus"] != "InService":
            self._enter(name, "InService")

    def _fail_restored(self, name: str, why: str) -> None:
        self._live.pop(name)
        self._enter(name, "Failed", FailureReason=why)

    def _enter(self, name: str, status: str, edit: Callable[[Document], None] | None = None, **more: str) -> None:
        def change(document: Document) -> None:
            document.pop("FailureReason", None)
            document |= {"EndpointStatus": status, "LastModifiedTime": self._resources.now()}
            document |= {key: value[:_LONGEST_REASON] for key, value in more.items()}
            if edit is not None:
                edit(document)

        self._descriptions.announce(self._resources.change(ENDPOINT, name, change))
