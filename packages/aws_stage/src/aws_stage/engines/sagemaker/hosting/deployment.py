"""The variants that serve an endpoint together, from their artifacts to the end of their processes."""

from __future__ import annotations

import random
import shutil
import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import IO, Any

from aws_stage.engines.sagemaker.artifacts import ArtifactError, download, install
from aws_stage.engines.sagemaker.containers.logs import ContainerLogs
from aws_stage.engines.sagemaker.hosting.instance import Instance
from aws_stage.engines.sagemaker.hosting.process import Launch
from aws_stage.engines.sagemaker.hosting.specification import VariantSpecification
from aws_stage.engines.sagemaker.hosting.variant import Variant
from aws_stage.kernel.settings import Settings
from aws_stage.storage.manifest.unlisted import StoreManifest

GROUP = "/aws/sagemaker/Endpoints/"
"""Prefix of an endpoint's log group."""
DRAIN_SECONDS = 60.0
"""Invocations in flight may finish for as long as one may take."""
_POLL_SECONDS = 0.02


class DeploymentError(Exception):
    """A deployment that did not come up; the text is the endpoint's FailureReason."""


class Deployment:
    """``identity`` names it, so that an old and a new one stand side by side.

    ``folder`` is the endpoint's, for what a start makes anew; ``archives`` keeps the artifacts, so that a later start
    of the stage serves the same models, whatever became of the objects in S3.
    """

    def __init__(
        self,
        *,
        endpoint: str,
        config: str,
        identity: str,
        specifications: Sequence[VariantSpecification],
        folder: Path,
        archives: Path,
        manifest: StoreManifest,
        settings: Settings,
        s3: Any,
        logs: ContainerLogs,
        rng: random.Random,
    ) -> None:
        self._endpoint = endpoint
        self._endpoint_folder = folder
        self._folder = folder / identity
        self._archives = archives / identity
        self._manifest = manifest
        self._settings = settings
        self._s3 = s3
        self._logs = logs
        self._rng = rng
        self._serving = False
        self._pid_files = threading.Lock()
        self._stopping = threading.Event()
        self.variants = {spec.name: Variant(spec, self._new_instance, rng, config) for spec in specifications}

    def bring_up(self) -> None:
        """Start every variant and wait until all their instances answer; raises DeploymentError."""
        try:
            with ThreadPoolExecutor(len(self.variants)) as pool:
                list(pool.map(self._install, self.variants.values()))
        except ArtifactError as error:
            raise DeploymentError(str(error)) from error
        started = [(v, i) for v in self.variants.values() for i in v.resize(v.specification.instances)]
        self.await_answers(started)

    def await_answers(self, started: Sequence[tuple[Variant, Instance]]) -> None:
        """Wait until these instances answer; raises DeploymentError for the first that never will."""
        for variant, instance in started:
            while not instance.settled.wait(_POLL_SECONDS):
                if self._stopping.is_set():
                    raise DeploymentError("The endpoint was stopped while it was being deployed.")
            if instance.failure is not None:
                raise DeploymentError(
                    f"The primary container for production variant {variant.name} did not pass the ping health check. "
                    f"Please check CloudWatch logs for this endpoint. {instance.failure}"
                )

    def choose(self) -> Variant | None:
        """The variant of the next invocation, by weight; None when every weight is 0."""
        variants = list(self.variants.values())
        weights = [variant.weight for variant in variants]
        if not any(weights):
            return None
        return variants[0] if len(variants) == 1 else self._rng.choices(variants, weights)[0]

    def serve(self) -> None:
        """This deployment is the one that the endpoint's process files are about, from now on."""
        self._endpoint_folder.mkdir(parents=True, exist_ok=True)
        self._serving = True
        self._write_pids()

    def step_back(self) -> None:
        """Another deployment serves the endpoint, from now on."""
        self._serving = False

    def retire(self) -> None:
        """Let invocations in flight finish, end everything, and forget the artifacts."""
        self._serving = False
        self.end_instances([instance for variant in self.variants.values() for instance in variant.shrink(0)])
        self.discard()

    def discard(self) -> None:
        """End everything at once, and forget the artifacts."""
        self._serving = False
        self.stop()
        self._manifest.drop_under(self._archives)
        shutil.rmtree(self._archives, ignore_errors=True)

    def end_instances(self, instances: Sequence[Instance]) -> None:
        """End instances that take no more invocations, when those in flight are over."""
        deadline = time.monotonic() + DRAIN_SECONDS
        while any(instance.outstanding for instance in instances) and time.monotonic() < deadline:
            if self._stopping.wait(_POLL_SECONDS):
                break
        for instance in instances:
            instance.stop()
        for instance in instances:
            instance.join()

    def stop(self) -> None:
        """End every process at once."""
        self._stopping.set()
        instances = [instance for variant in self.variants.values() for instance in variant.instances]
        for instance in instances:
            instance.stop()
        for instance in instances:
            instance.join()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _install(self, variant: Variant) -> None:
        folder = self._folder / variant.name / "model"
        folder.mkdir(parents=True)
        address = variant.specification.model_data
        if address is not None:
            archive = self._archives / f"{variant.name}.tar.gz"
            download(self._s3, address, archive, self._manifest)
            install(archive, folder)

    def _new_instance(self, specification: VariantSpecification) -> Instance:
        folder = self._folder / specification.name
        launch = Launch(
            folder=folder,
            framework=specification.framework,
            model_dir=folder / "model",
            environment=specification.environment,
            settings=self._settings,
        )

        def take_output(instance: str, output: IO[bytes]) -> None:
            self._logs.take((GROUP + self._endpoint, f"{specification.name}/{instance}"), output)

        return Instance(launch, specification.startup_seconds, take_output, self._write_pids)

    def _write_pids(self) -> None:
        """``<endpoint>/<variant>.pid``: the process of each instance, one a line."""
        with self._pid_files:
            for variant in self.variants.values() if self._serving else ():
                path = self._endpoint_folder / f"{variant.name}.pid"
                unfinished = path.with_suffix(".pid.new")
                unfinished.write_text("".join(f"{pid}\n" for pid in variant.pids()), encoding="ascii")
                unfinished.replace(path)
