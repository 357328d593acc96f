"""The fields of a reading stand in one table, and all else follows from it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from datastreamer.events.reading import FIELDS, KNOWN_FIELDS, REASONS, Kind
from scripts.contract import page, written
from tests.conftest import REPOSITORY

PUBLISHED = (
    *("empty_line", "line_too_long", "kpl_aggregated", "invalid_utf8", "nested_too_deep", "too_many_fields"),
    *(
        "invalid_json",
        "not_an_object",
        "missing_event_id",
        "missing_device_id",
        "missing_timestamp",
        "missing_temperature",
    ),
    *("invalid_event_id", "invalid_device_id", "invalid_timestamp", "invalid_temperature", "invalid_humidity"),
    *("invalid_battery", "invalid_site", "invalid_firmware", "timestamp_out_of_range", "temperature_out_of_range"),
    *("humidity_out_of_range", "battery_out_of_range"),
)
EXTRA = "    extra: str | None\n"
MORE = """\
    torque: Annotated[float | None, Rule(Kind.NUMBER, "Torque, N m", (300.0, 1100.0))]
    keeper: Annotated[str | None, Rule(Kind.TEXT, "Who looks after the device")]
"""
CHECK = """
import json
from datetime import UTC, datetime
from datastreamer.events.reading import REASONS, parse_reading, reject_reason
from datastreamer.telemetry.job.duplicates import CONTENT, COPIED
from datastreamer.telemetry.job.validation import validate_block
from datastreamer.telemetry.schema import CURATED_COLUMNS
from glue_jobs.temperature_etl import READINGS_COLUMNS
from scripts.contract import PAGE, TABLES, written
from datastreamer.sensor.replay import readings
from datastreamer.sensor.temperature.dirt import DIRT

arrived = datetime(2025, 10, 15, 12, tzinfo=UTC)
base = {"event_id": "e", "device_id": "d", "timestamp": "2025-10-15T08:30:00.123Z", "temperature": 21.5}
line = lambda **more: json.dumps({**base, **more}).encode()
good = [line(), line(torque=1013, keeper="lab"), line(torque=None, keeper=""), line(torque=300.0, colour="red")]
bad = [line(torque=299.9), line(torque="low"), line(keeper=7), line(keeper="x" * 257), line(torque=1e4, keeper=[])]
batches, rejected = validate_block([*good, *bad], 1, arrived)
rows = sorted((row for batch in batches for row in batch.to_pylist()), key=lambda row: row["line_number"])
by_hand = [parse_reading(text, arrived) for text in good]
print(json.dumps({
    "taken": [[row["torque"], row["keeper"], row["extra"]] for row in rows],
    "by the contract": [[each.torque, each.keeper, each.extra] for each in by_hand],
    "batches": len(batches),
    "rejected": [each.reason for each in rejected],
    "rejected by the contract": [reject_reason(text, arrived) for text in bad],
    "reasons": REASONS,
    "columns": [column.name for column in CURATED_COLUMNS],
    "compared": [name for name in ("torque", "keeper") if name in CONTENT],
    "spark": [name in text for name in ("torque double", "keeper string") for text in (COPIED, READINGS_COLUMNS)],
    "dirt": sorted({kind.reason for kind in DIRT if kind.reason.split("_")[-1] in ("torque", "keeper")}
                   | {kind.reason for kind in DIRT if kind.reason.startswith("torque")}),
    "replayed": [readings._NUMBERS, readings._TEXTS],
    "page": "| `torque` | number | optional | Torque, N m | 300 to 1100 |" in written()[PAGE],
    "catalogue": [c["comment"] for c in json.loads(written()[TABLES])["device_telemetry"] if c["name"] == "torque"],
}))
"""


def test_reason_codes_keep_their_order_whatever_fields_are_added() -> None:
    assert tuple(reason for reason in REASONS if reason in PUBLISHED) == PUBLISHED


def test_required_fields_come_first_and_one_field_is_a_timestamp() -> None:
    """Missing and invalid fields are told in the order of the table, which the reason codes have too."""
    assert tuple(field.name for field in FIELDS) == KNOWN_FIELDS
    assert [field.name for field in FIELDS if field.kind is Kind.TIMESTAMP] == ["timestamp"]
    assert all(field.required for field in FIELDS if field.kind in {Kind.TIMESTAMP, Kind.IDENTIFIER})


@pytest.mark.parametrize("path", written(), ids=lambda path: path.name)
def test_what_is_written_from_the_contract_says_what_it_says(path: Path) -> None:
    assert path.read_text(encoding="utf-8") == written()[path], "run: make contract"


def test_a_page_without_the_fields_is_refused() -> None:
    with pytest.raises(ValueError, match=r"needs one table of fields.*it has 0"):
        page("# A page\n")


def test_a_line_in_the_table_is_all_that_a_new_optional_field_takes(tmp_path: Path) -> None:
    for name in ("datastreamer", "glue_jobs", "scripts", "docs/pipelines", "terraform/pipelines/telemetry"):
        shutil.copytree(REPOSITORY / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__", ".terraform"))
    table = tmp_path / "datastreamer" / "events" / "reading.py"
    text = table.read_text()
    assert text.count(EXTRA) == 1
    table.write_text(text.replace(EXTRA, MORE + EXTRA))
    environment = {**os.environ, "PYTHONPATH": str(tmp_path), "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(
        [sys.executable, "-c", CHECK], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["taken"] == found["by the contract"]
    assert found["taken"] == [
        *([None, None, None], [1013.0, "lab", None], [None, "", None], [300.0, None, '{"colour":"red"}']),
    ]
    assert found["batches"] == 2, "Arrow validates all good lines but the one with an unknown field"
    assert found["rejected"] == found["rejected by the contract"]
    assert found["rejected"] == [
        *("torque_out_of_range", "invalid_torque", "invalid_keeper", "invalid_keeper", "invalid_keeper"),
    ]
    assert [reason for reason in found["reasons"] if reason in PUBLISHED] == list(PUBLISHED)
    assert found["columns"] == [
        *(field.column for field in FIELDS),
        *("torque", "keeper", "extra", "ingest_time", "source_object"),
    ]
    assert found["compared"] == ["torque", "keeper"]
    assert all(found["spark"])
    assert found["dirt"] == ["invalid_keeper", "invalid_torque", "torque_out_of_range"]
    numbers, texts = ([field.name for field in FIELDS if field.kind is kind] for kind in (Kind.NUMBER, Kind.TEXT))
    assert found["replayed"] == [[*numbers, "torque"], [*texts, "keeper"]]
    assert found["page"]
    assert found["catalogue"] == ["Torque, N m"]
