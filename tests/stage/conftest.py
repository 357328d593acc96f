"""Fixtures that contract tests of several files share."""

from __future__ import annotations

from pathlib import Path

import pytest

from datastreamer.provisioning.packages.lambda_package import build_lambda_package
from tests.conftest import REPOSITORY


@pytest.fixture(scope="session")
def votes_packages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The zips of the votes pipeline's functions, by their role."""
    folder = tmp_path_factory.mktemp("packages")
    return {
        role: build_lambda_package(REPOSITORY / "lambdas" / f"votes_{role}", REPOSITORY, folder)
        for role in ("aggregate", "publish", "socket")
    }
