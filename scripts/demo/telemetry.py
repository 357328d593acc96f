"""The telemetry lake, from sensor to Athena answer."""

from __future__ import annotations

import json
import secrets
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from scripts.demo.steps import CLI, PYTHON, Demo

READINGS = 100_000

AVERAGE_TODAY = """\
SELECT device_id, AVG(temperature) AS avg_temp
FROM device_telemetry
WHERE year='{year}' AND month='{month}' AND day='{day}'
GROUP BY device_id
ORDER BY avg_temp DESC"""


def show(demo: Demo, readings: int, receipts: Path | None, _keep: bool) -> str:
    """All the steps, from provisioning to the audit; returns what was proven.

    Raises StepFailedError at the first step that fails.
    """
    today = datetime.now(UTC)
    question = AVERAGE_TODAY.format(year=f"{today:%Y}", month=f"{today:%m}", day=f"{today:%d}")
    seed = str(secrets.randbelow(1_000_000))
    sensors = (
        f"temperature --stage local --devices 100 --rate 0 --count {readings} --seed {seed} --pack 50"
        " --dirty 0.01 --duplicates 0.01 --late 0.02"
    )
    where: list[str] = []
    if receipts:
        sensors += f" --receipt {receipts / f'demo-{seed}.json'}"
        where = ["--receipts", str(receipts)]
    demo.step(
        "Terraform provisions the lake",
        [PYTHON, "-m", "scripts.provision", "apply", "local", "--auto-approve"],
        "make apply",
    )
    demo.step(
        f"Sensors send {readings:,} readings, some dirty, late or twice",
        [PYTHON, "-m", "datastreamer.sensor", *sensors.split()],
        f"python -m datastreamer.sensor {sensors}",
    )
    with tempfile.TemporaryDirectory() as folder:
        ledger_file = Path(folder) / "ledger.json"
        for title, words in (
            ("Firehose delivers them to raw S3", ["await-delivery", *where]),
            ("The Glue job turns them into Parquet", ["etl"]),
            ("The crawler catalogues the new partitions", ["crawl"]),
            ("An analyst asks Athena", ["query", question, "--head", "10", "--chart"]),
            ("The audit: was anything lost?", ["audit", *where, "--ledger", str(ledger_file)]),
        ):
            shown = " ".join(f'"{word}"' if "\n" in word else word for word in words[: 5 if "--chart" in words else 1])
            demo.step(title, [CLI, "telemetry", *words, "--stage", "local"], f"datastreamer telemetry {shown}")
        ledger = json.loads(ledger_file.read_text(encoding="utf-8"))
    return (
        f"{ledger['acknowledged']:,} acknowledged = {ledger['curated']:,} curated"
        f" + {ledger['quarantined']:,} quarantined + {ledger['duplicates']:,} duplicates dropped"
    )
