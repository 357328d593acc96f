"""Whatever becomes of one file of the state, the stage never starts with less in silence.

After a session that uses every service, each file is deleted, emptied, cut and altered, one harm at a time. Either the
start is refused and names the file, or everything is there, or reading what was harmed is an error.
"""

from __future__ import annotations

import shutil
import signal
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from aws_stage.errors import ConfigurationError
from aws_stage.storage.items import ItemStore
from aws_stage.storage.manifest.contents import Kind, content_of
from aws_stage.storage.manifest.manifest import Manifest
from aws_stage.storage.store import Store
from aws_stage.testing import RunningStage, free_port
from botocore.exceptions import ClientError

from contract.every_service import read_back, use_every_service

pytestmark = pytest.mark.stage


def _empty(path: Path) -> None:
    path.write_bytes(b"")


def _cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size * 2 // 3])


def _flip(path: Path) -> None:
    content = bytearray(path.read_bytes())
    if content:
        content[len(content) // 2] ^= 0x5A
    path.write_bytes(content)


HARMS: dict[str, Callable[[Path], None]] = {"deleted": Path.unlink, "emptied": _empty, "cut": _cut, "flipped": _flip}


@dataclass
class Session:
    """A stage that was killed after the session, with a copy of its state."""

    stage: RunningStage
    known: dict[str, Any]
    found: dict[str, Any]
    copy: Path

    @property
    def state(self) -> Path:
        return self.stage.data_dir / "state"

    def restore(self) -> None:
        shutil.rmtree(self.state)
        shutil.copytree(self.copy, self.state)

    def start(self) -> dict[str, Any] | str:
        """What is read back, or the text with which the start, or reading, was refused."""
        try:
            self.stage.start()
        except RuntimeError as refusal:
            return str(refusal)
        try:
            return read_back(self.stage, self.known)
        except ClientError as error:
            return str(error)
        finally:
            self.stage.stop(signal.SIGKILL)


@pytest.fixture(scope="module")
def session(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Session]:
    stage = RunningStage(free_port(), tmp_path_factory.mktemp("harmed"))
    stage.start()
    try:
        known = use_every_service(stage)
        stage.stop(signal.SIGKILL)
        copy = stage.data_dir / "copy"
        shutil.copytree(stage.data_dir / "state", copy)
        session = Session(stage, known, {}, copy)
        found = session.start()
        assert isinstance(found, dict), found
        session.found = found
        session.restore()
        yield session
    finally:
        stage.stop(signal.SIGKILL)


def _files(session: Session) -> list[str]:
    return sorted(str(path.relative_to(session.copy)) for path in session.copy.rglob("*") if path.is_file())


def _is_made_again(path: str) -> bool:
    return content_of(path).kind is Kind.DERIVED and path not in ("manifest.sqlite", "manifest.lengths")


def _refusal(state: Path, path: str) -> str | None:
    """What a start says before it serves anything: it holds the files against the manifest and opens the databases."""
    try:
        manifest = Manifest(state)
        try:
            manifest.check()
            if content_of(path).kind is Kind.DATABASE:
                opened = ItemStore if path in ("dynamodb/items.sqlite", "lambda/events.sqlite") else Store
                opened(state / path, manifest)
        finally:
            manifest.close()
    except ConfigurationError as error:
        return str(error)
    return None


def test_the_session_leaves_every_kind_of_file_and_nothing_that_is_not_known(session: Session) -> None:
    files = _files(session)
    assert {content_of(path).kind for path in files} == set(Kind)
    assert [path for path in files if content_of(path).held == "nothing that the stage knows"] == []
    for held in (
        "s3/.versions/",
        "s3-uploads/",
        "engines/firehose-journal/",
        "log-events.sqlite",
        "ministack/lambda-blobs/",
    ):
        assert any(path.startswith(held) for path in files), held


@pytest.mark.parametrize("harm", HARMS)
def test_no_harm_to_one_file_is_taken_for_less_state(session: Session, harm: str) -> None:
    survived = []
    for path in _files(session):
        if _is_made_again(path):
            continue
        HARMS[harm](session.state / path)
        if (session.state / path).exists() and _same(session.state / path, session.copy / path):
            continue  # an empty file cannot be emptied, cut or altered
        refusal = _refusal(session.state, path)
        if refusal is None:
            survived.append(path)
        else:
            assert str(session.state / path) in refusal
            assert "aws-stage forget" in refusal or "aws-stage adopt" in refusal
        session.restore()
    silent = []
    for path in survived:
        HARMS[harm](session.state / path)
        found = session.start()
        session.restore()
        if found != session.found and not (isinstance(found, str) and str(session.state / path) in found):
            silent.append((path, found))
    assert silent == []


@pytest.mark.parametrize("harm", HARMS)
def test_files_that_are_made_again_are_not_missed(session: Session, harm: str) -> None:
    for path in _files(session):
        if _is_made_again(path):
            HARMS[harm](session.state / path)
    found = session.start()
    session.restore()
    assert found == session.found


def test_a_refused_start_says_what_to_do_and_doing_it_gives_up_that_file_alone(session: Session) -> None:
    path = "engines/glue_jobs.sqlite"
    (session.state / path).unlink()
    refusal = session.start()
    assert isinstance(refusal, str)
    assert f"{session.state / path} is damaged: it is missing. It held everything that the engine glue_jobs" in refusal
    assert f"aws-stage forget {path}" in refusal


def _same(one: Path, other: Path) -> bool:
    return one.read_bytes() == other.read_bytes()
