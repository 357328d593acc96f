"""Which words a site's fonts are built for."""

from __future__ import annotations

from pathlib import Path

import pytest

from datastreamer.provisioning.packages.site_labels import site_labels

DEFAULTS = """
variable "settings" {
  type = object({
    candidates = optional(list(object({ id = string, labels = map(string) })), [
      { id = "a", labels = { ja = "山", en = "Mountain" } },
    ])
    shard_count = optional(number, 1)
  })
}
"""


@pytest.fixture
def environments(tmp_path: Path) -> Path:
    """Terraform's folders, with a pipeline and no stage."""
    variables = tmp_path / "pipelines" / "votes" / "variables.tf"
    variables.parent.mkdir(parents=True)
    variables.write_text(DEFAULTS, encoding="utf-8")
    return tmp_path / "envs"


def add_stage(environments: Path, folder: str, votes: str) -> None:
    (environments / folder).mkdir(parents=True)
    (environments / folder / "stage.env").write_text(f"DATASTREAMER_STAGE={folder[:4]}\n")
    settings = f"locals {{\n  settings = {{\n    votes = {{\n      {votes}\n    }}\n  }}\n}}\n"
    (environments / folder / "main.tf").write_text(settings, encoding="utf-8")


def test_the_labels_of_every_stage_are_found_and_nothing_else(environments: Path) -> None:
    add_stage(environments, "plain", "shard_count = 2")
    add_stage(environments, "school", 'candidates = [{ id = "k", labels = { ja = "凛", en = "Щука" } }]')
    said: list[str] = []
    assert site_labels("votes", said.append, environments).split("\n") == ["Mountain", "Щука", "凛", "山"]
    assert said == []


def test_a_stage_whose_settings_are_expressions_is_named_and_the_others_are_read(environments: Path) -> None:
    add_stage(environments, "plain", "shard_count = 2")
    add_stage(environments, "clever", "candidates = var.candidates")
    said: list[str] = []
    assert site_labels("votes", said.append, environments).split("\n") == ["Mountain", "山"]
    (line,) = said
    assert line.startswith("the fonts of the votes site may lack characters of stage clever's labels: candidates = ")
