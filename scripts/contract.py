"""Write what follows from the columns of the pipelines' tables and a reading's fields: ``make contract``.

The columns that Terraform gives the tables (``tables.json`` of each pipeline), and the fields in telemetry's page.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final, Protocol

from datastreamer.events.reading import (
    EARLIEST,
    FIELDS,
    FUTURE_TOLERANCE,
    IDENTIFIER_MAX_CHARS,
    TEXT_MAX_CHARS,
    Field,
    Kind,
)
from datastreamer.provisioning.checkout import REPOSITORY
from datastreamer.taxi import prediction
from datastreamer.taxi import schema as taxi
from datastreamer.telemetry.schema import CURATED_COLUMNS, CURATED_TABLE, QUARANTINE_COLUMNS, QUARANTINE_TABLE

TABLES: Final = REPOSITORY / "terraform" / "pipelines" / "telemetry" / "tables.json"
TAXI_TABLES: Final = REPOSITORY / "terraform" / "pipelines" / "taxi" / "tables.json"
TAXI_VIEWS: Final = TAXI_TABLES.with_name("views.json")
PAGE: Final = REPOSITORY / "docs" / "pipelines" / "telemetry.md"
_HEAD: Final = "| field | type | | meaning | rule |\n|---|---|---|---|---|\n"
_LAST: Final = "| anything else | any | optional | | kept in `extra` as JSON |\n"
_FIELDS: Final = re.compile(re.escape(_HEAD) + r"(?:\|.*\n)*")


class Described(Protocol):
    """A column of a table."""

    def _asdict(self) -> dict[str, str]: ...


def tables(columns: Mapping[str, Sequence[Described]]) -> str:
    """The columns of each table, as Terraform reads them."""
    return json.dumps({table: [column._asdict() for column in of] for table, of in columns.items()}, indent=2) + "\n"


def views() -> str:
    """The view of each trip's latest prediction, as Terraform reads it."""
    columns = (*taxi.PREDICTION_COLUMNS, taxi.ARRIVAL_DATE)
    latest = {
        "description": "One live trip, as it was scored last; each trip_id once.",
        "sql": prediction.latest_sql(taxi.ARRIVAL_DATE.name),
        "columns": [column._asdict() for column in columns],
    }
    return json.dumps({prediction.LATEST_VIEW: latest}, indent=2) + "\n"


def page(text: str) -> str:
    """The page ``text`` with the fields as they are. Raises ValueError when it has no table of fields."""
    fields, found = _FIELDS.subn(lambda _: _HEAD + "".join(map(_row, FIELDS)) + _LAST, text)
    if found != 1:
        raise ValueError(f"{PAGE.name} needs one table of fields, headed {_HEAD.splitlines()[0]}; it has {found}")
    return fields


def _row(field: Field) -> str:
    kind = "number" if field.kind is Kind.NUMBER else "string"
    return (
        f"| `{field.name}` | {kind} | {'required' if field.required else 'optional'} | {field.meaning} "
        f"| {_rule(field)} |\n"
    )


def _rule(field: Field) -> str:
    if field.kind is Kind.NUMBER:
        return "{:g} to {:g}".format(*field.limits)
    if field.kind is Kind.TEXT:
        return f"up to {TEXT_MAX_CHARS} characters"
    if field.kind is Kind.IDENTIFIER:
        return f"1 to {IDENTIFIER_MAX_CHARS} characters, not all blank"
    hours = f"{FUTURE_TOLERANCE.total_seconds() / 3600:g} h"
    return (
        f"ISO-8601 with offset (`2025-10-15T08:30:00.123Z`), from {EARLIEST:%Y-%m-%d} to {hours} after arrival; "
        f"column `{field.column}`"
    )


def written() -> dict[Path, str]:
    """What belongs in each file."""
    telemetry = {CURATED_TABLE: CURATED_COLUMNS, QUARANTINE_TABLE: QUARANTINE_COLUMNS}
    trips = {
        taxi.RAW_TABLE: taxi.RAW_COLUMNS,
        taxi.SILVER_TABLE: taxi.SILVER_COLUMNS,
        taxi.QUARANTINE_TABLE: taxi.QUARANTINE_COLUMNS,
        prediction.TABLE: taxi.PREDICTION_COLUMNS,
    }
    return {
        TABLES: tables(telemetry),
        TAXI_TABLES: tables(trips),
        TAXI_VIEWS: views(),
        PAGE: page(PAGE.read_text(encoding="utf-8")),
    }


def main() -> int:
    """Write the files."""
    for path, text in written().items():
        path.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
