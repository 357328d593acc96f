"""The program of the job: channels ``model``, ``current`` and ``validation`` in, ``evaluation.json`` out."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from datastreamer.taxi.evaluation.evaluation import Current, Limits, evaluate, metric_lines
from datastreamer.taxi.evaluation.rows import ARTIFACT, Model, read_rows
from datastreamer.taxi.evaluation.rule import Rule

RESULT: Final = "evaluation.json"
CURRENT: Final = "current.json"
"""In channel ``current``, always: ``{"version", "floor", "factor"}``, the version null when none is in service."""


def main(environ: Mapping[str, str], arguments: Sequence[str]) -> None:
    """Evaluate; hyperparameters come as ``arguments``, folders by SageMaker's variables in ``environ``."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--feature_hash", required=True)
    for name, default in vars(Limits()).items():
        parser.add_argument(f"--{name}", type=float, default=default)
    given = parser.parse_args(arguments)
    limits = Limits(**{name: getattr(given, name) for name in vars(Limits())})
    model = Model.load(Path(environ["SM_CHANNEL_MODEL"]) / ARTIFACT)
    rows = read_rows(Path(environ["SM_CHANNEL_VALIDATION"]))
    document = evaluate(model, rows, limits, _current(Path(environ["SM_CHANNEL_CURRENT"])))
    document["feature_hash"] = given.feature_hash
    for line in metric_lines(document):
        print(line, flush=True)
    out = Path(environ["SM_OUTPUT_DATA_DIR"]) / RESULT
    out.write_text(json.dumps(document, indent=2, sort_keys=True) + "\n", encoding="utf-8")


def _current(folder: Path) -> Current | None:
    described = json.loads((folder / CURRENT).read_text(encoding="utf-8"))
    if described["version"] is None:
        return None
    rule = Rule(float(described["floor"]), float(described["factor"]))
    return Current(described["version"], Model.load(folder / ARTIFACT), rule)


if __name__ == "__main__":
    main(os.environ, sys.argv[1:])
