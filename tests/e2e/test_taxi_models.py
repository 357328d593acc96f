"""A fare model's life end to end, by the pipeline and the functions that Terraform made and the commands of a person.

The tests build on each other, in the order in which they stand here.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from datastreamer.taxi.names import Names
from tests.conftest import RunningStage, free_port
from tests.e2e.conftest import Lake, shown
from tests.unit.taxi.fares import rows_of, write_set

pytestmark = [pytest.mark.e2e, pytest.mark.slow, pytest.mark.timeout(1200)]

NAMES = Names("local", "000000000000")
PATIENCE = 900.0


class Models:
    """A stage with the taxi pipeline on it, and sets of trips by a simple meter."""

    def __init__(self, commands: Lake) -> None:
        self.commands = commands

    def taxi(self, *words: str, fails: bool = False) -> str:
        """What ``datastreamer taxi …`` answers; of a command that ``fails``, what it says."""
        done = self.commands.run("datastreamer.cli", "taxi", *words, "--stage", "local", timeout=PATIENCE)
        assert done.returncode == (1 if fails else 0), shown(done)
        return done.stderr if fails else done.stdout

    def put_sets(self, folder: Path, name: str, *, surcharge: float) -> str:
        """Sets of 3,000 and 1,500 trips in the bucket of processed data; where they are."""
        s3, uri = self.commands.stage.client("s3"), f"s3://{NAMES.processed_bucket}/training/{name}/"
        for part, count, seed in (("training", 3_000, 1), ("validation", 1_500, 2)):
            write_set(rows_of(count, seed, surcharge=surcharge), folder / name / part)
            for path in (folder / name / part).iterdir():
                s3.upload_file(str(path), NAMES.processed_bucket, f"training/{name}/{part}/{path.name}")
        return uri

    def versions(self) -> dict[str, tuple[str, float | None]]:
        """State and share of the traffic of each version, by its number."""
        rows: list[dict[str, Any]] = json.loads(self.taxi("models", "--json"))
        return {row["version"]: (row["state"], row["share"]) for row in rows}


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Models]:
    folder = tmp_path_factory.mktemp("models")
    found = Models(Lake(RunningStage(free_port(), folder / "data"), folder / "receipts"))
    try:
        for words in (
            ("aws_stage", "up"),
            ("scripts.provision", "apply", "local", "--pipeline", "taxi", "--auto-approve"),
        ):
            done = found.commands.run(*words, timeout=PATIENCE)
            assert done.returncode == 0, shown(done)
        yield found
    finally:
        found.commands.run("aws_stage", "down")


def test_a_first_model_is_registered_with_its_figures_and_serves_once_it_is_approved(
    models: Models, tmp_path: Path
) -> None:
    sets = models.put_sets(tmp_path, "first", surcharge=0.0)
    answer = json.loads(models.taxi("train", "--train-s3", sets, "--json"))
    assert answer["version"] == "1"
    assert models.versions() == {"1": ("PendingManualApproval", 0.0)}
    [row] = json.loads(models.taxi("models", "--json"))
    assert float(row["figures"]["rmse"]) < 2
    assert float(row["figures"]["false_alarms"]) <= 2
    models.taxi("approve", "1")
    assert models.versions() == {"1": ("InService", 1.0)}


def test_a_model_that_is_not_better_than_the_one_in_service_is_refused_with_the_figures(models: Models) -> None:
    sets = f"s3://{NAMES.processed_bucket}/training/first/"
    said = " ".join(models.taxi("train", "--train-s3", sets, fails=True).split())
    assert "Refuse: The model is not registered. RMSE" in said
    assert models.versions() == {"1": ("InService", 1.0)}


def test_when_fares_have_changed_a_better_model_comes_and_the_old_one_can_be_gone_back_to(
    models: Models, tmp_path: Path
) -> None:
    sets = models.put_sets(tmp_path, "later", surcharge=4.0)
    assert json.loads(models.taxi("train", "--train-s3", sets, "--json"))["version"] == "2"
    models.taxi("approve", "2")
    assert models.versions() == {"2": ("InService", 1.0), "1": ("Approved", 0.0)}
    models.taxi("rollback", "--reason", "fares are as before")
    assert models.versions() == {"2": ("Rejected", 0.0), "1": ("InService", 1.0)}
    assert "version 2: fares are as before" in models.taxi("models")
