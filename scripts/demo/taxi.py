"""The history of taxis, from TLC's files to typed tables, across a change of the files' types."""

from __future__ import annotations

import json
from pathlib import Path

from datastreamer.provisioning.terraform.workspace import data_directory
from scripts.demo.steps import CLI, PYTHON, REPOSITORY, Demo, StepFailedError

READINGS = 40_000
MONTHS = ("2023-01", "2023-02")
"""Counts and codes are floats in TLC's file of the first, and whole numbers in that of the second."""

DIRT = 5
"""Times the dirt of real files, so that a few thousand trips have some of each kind."""


def show(demo: Demo, readings: int, _receipts: Path | None, _keep: bool) -> str:
    """All the steps, from provisioning to the audit; returns what was proven.

    Raises StepFailedError at the first step that fails.
    """
    folder = data_directory(demo.environ) / "demo" / "taxi"
    demo.step(
        "Terraform provisions buckets, tables, the job and its alarms",
        [PYTHON, "-m", "scripts.provision", "apply", "local", "--pipeline", "taxi", "--auto-approve"],
        "make apply WITH=taxi",
    )
    trips = readings // len(MONTHS)
    generate = (
        f"taxi generate --month {MONTHS[0]} --months {len(MONTHS)} --trips {trips} --dirt {DIRT} --overwrite"
        f" --to {_shown(folder)}"
    )
    files = [_shown(folder / f"yellow_tripdata_{month}.parquet") for month in MONTHS]
    for title, words in (
        (f"A simulated meter gives {trips:,} trips for each of {len(MONTHS)} months, with refunds and dirt", generate),
        ("TLC's files go into bronze as they are", f"taxi import {' '.join(files)} --replace --stage local"),
        ("The Glue job makes one typed table of them", "taxi silver --stage local"),
        ("The audit: was any row lost?", "taxi audit --stage local"),
    ):
        demo.step(title, [CLI, *words.split()], f"datastreamer {words}")
    found = json.loads(demo.answer([CLI, *["taxi", "audit", "--json", "--stage", "local"]]))
    if not found["holds"]:
        raise StepFailedError("the second audit did not prove what the first did")
    return f"{found['rows']:,} rows in bronze = {found['silver']:,} trips + {found['quarantined']:,} quarantined"


def _shown(path: Path) -> str:
    """``path`` as a user in the repository types it."""
    return str(path.relative_to(REPOSITORY)) if path.is_relative_to(REPOSITORY) else str(path)
