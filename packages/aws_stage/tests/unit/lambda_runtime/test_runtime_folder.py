"""The folder of AWS's runtime holds what is installed here, or says what is not."""

from __future__ import annotations

from pathlib import Path

import pytest
from aws_stage.engines.lambda_runtime import runtime_folder
from aws_stage.engines.lambda_runtime.runtime_folder import RuntimeFolder


def test_it_holds_the_client_and_the_sdk(tmp_path: Path) -> None:
    folder = RuntimeFolder(tmp_path / "runtime").ready()
    names = {path.name.partition(".")[0] for path in folder.iterdir()}
    assert names == set(runtime_folder.PACKAGES)
    assert all(path.exists() for path in folder.iterdir())


def test_what_is_not_installed_is_named_and_looked_for_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = RuntimeFolder(tmp_path / "runtime")
    with monkeypatch.context() as patch:
        patch.setattr(runtime_folder, "PACKAGES", ("six", "no_such_client"))
        for _ in range(2):
            with pytest.raises(ImportError, match="no_such_client is not installed, or not built for this system"):
                folder.ready()
    assert (folder.ready() / "botocore").is_dir()
