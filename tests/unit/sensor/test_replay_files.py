"""Files as people have them: what ``replay --check`` makes of each, and what it says about it."""

from __future__ import annotations

import codecs
import gzip
import json
import sys
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from datastreamer.sensor.cli import main

COLUMNS = ("--device-id", "device", "--timestamp", "when", "--temperature", "temp")
PLAIN = "device,when,temp\nd1,2024-01-05T10:30:00Z,20.5\nd1,2024-01-05T10:31:00Z,20.6\n"


class Checked(NamedTuple):
    """How a dry run ended: its exit status, its document on stdout (empty when there is none), and stderr."""

    status: int
    document: dict[str, Any]
    error: str

    @property
    def temperatures(self) -> list[float]:
        return [reading["temperature"] for reading in self.document["first"]]

    @property
    def times(self) -> list[str]:
        return [reading["timestamp"] for reading in self.document["first"]]

    @property
    def problems(self) -> list[str]:
        return [row["problem"] for row in self.document["unreadable"]]


class Checker:
    def __init__(
        self, monkeypatch: pytest.MonkeyPatch, capsysbinary: pytest.CaptureFixture[bytes], folder: Path
    ) -> None:
        self._monkeypatch = monkeypatch
        self._captured = capsysbinary
        self._path = folder / "a.csv"

    def __call__(self, content: str | bytes, *options: str, columns: tuple[str, ...] = COLUMNS) -> Checked:
        self._path.write_bytes(content.encode() if isinstance(content, str) else content)
        status, out, error = self.printed("--json", *columns, *options)
        return Checked(status, json.loads(out) if out else {}, error)

    def printed(self, *options: str) -> tuple[int, str, str]:
        """Exit status, stdout and stderr of ``replay --check`` of the file that is there."""
        arguments = ["sensor", "replay", "--check", "--csv", str(self._path), *options]
        self._monkeypatch.setattr(sys, "argv", arguments)
        status: Any = 0
        try:
            main()
        except SystemExit as ended:
            status = ended.code
        out, error = self._captured.readouterr()
        return status, out.decode(), error.decode()


@pytest.fixture
def check(monkeypatch: pytest.MonkeyPatch, capsysbinary: pytest.CaptureFixture[bytes], tmp_path: Path) -> Checker:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://localhost:1")
    return Checker(monkeypatch, capsysbinary, tmp_path)


def test_a_dry_run_shows_what_would_be_sent_and_sends_nothing(check: Checker, tmp_path: Path) -> None:
    checked = check(PLAIN)
    assert (checked.status, checked.error) == (0, "")
    assert (checked.document["readings"], checked.document["guesses"]) == (2, [])
    assert checked.temperatures == [20.5, 20.6]
    assert checked.times == ["2024-01-05T10:30:00.000Z", "2024-01-05T10:31:00.000Z"]
    assert not (tmp_path / "receipts").exists()


def test_a_dry_run_prints_readings_guesses_and_rows_that_cannot_be_read(check: Checker) -> None:
    rows = "".join(f"d1,2024-01-0{day},20.{day},NA\n" for day in range(1, 9))
    check(f"device,when,temp (°C),hum\n{rows}d1,yesterday,20,1\nd1,2024-01-09,300,1\n")
    status, out, error = check.printed(*COLUMNS, "--humidity", "hum")
    assert status == 1
    lines = out.splitlines()
    assert lines[0] == "Nothing was sent. a.csv has 9 readings, of which the lake would refuse 1; the first:"
    assert [json.loads(line)["temperature"] for line in lines[1:6]] == [20.1, 20.2, 20.3, 20.4, 20.5]
    assert lines[6:] == [
        "Guessed: column 'temp (°C)' was taken for --temperature temp",
        "Guessed: a date without a time was taken as its midnight (9 times)",
        "Guessed: a time without an offset was taken as UTC, for want of --time-zone (9 times)",
        "Guessed: 'NA' was taken for a missing humidity (8 times)",
        "line 10: timestamp: 'yesterday' is no ISO-8601 time; is there a --time-format for it?",
    ]
    assert error.endswith("a.csv: 1 row could not be read\n")


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("last", ["", "end"])
def test_lines_end_as_any_system_ends_them(check: Checker, end: str, last: str) -> None:
    content = PLAIN.replace("\n", end)
    checked = check(content if last else content.removesuffix(end))
    assert (checked.status, checked.temperatures) == (0, [20.5, 20.6])


def test_a_line_end_that_an_old_mac_wrote_counts_as_a_line(check: Checker) -> None:
    checked = check(PLAIN.replace("\n", "\r") + "d1,never,20\rd1,2024-01-05T10:32:00Z,20.7\r")
    assert checked.document["unreadable"][0]["line"] == 4
    assert (checked.status, checked.document["readings"]) == (1, 3)


UMLAUTS = "device;when;temp\nKüche;2024-01-05T10:30:00Z;20.5\n"


@pytest.mark.parametrize(
    ("content", "options", "guesses"),
    [
        (UMLAUTS.encode(), (), 0),
        (codecs.BOM_UTF8 + UMLAUTS.encode(), (), 1),
        (codecs.BOM_UTF8 + UMLAUTS.encode(), ("--encoding", "utf-8-sig"), 1),
        (UMLAUTS.encode("utf-16"), (), 1),
        (codecs.BOM_UTF16_BE + UMLAUTS.encode("utf-16-be"), (), 1),
        (UMLAUTS.encode("utf-32"), (), 1),
        (UMLAUTS.encode("utf-16-le"), ("--encoding", "utf-16-le"), 0),
        (UMLAUTS.replace("\n", "\r").encode("utf-16"), (), 1),
        (UMLAUTS.encode("latin-1"), ("--encoding", "latin-1"), 0),
        (UMLAUTS.encode("cp437"), ("--encoding", "cp437"), 0),
        (gzip.compress(UMLAUTS.encode("utf-16"), mtime=0), (), 1),
    ],
)
def test_encodings_are_found_by_their_mark_or_named(
    check: Checker, content: bytes, options: tuple[str, ...], guesses: int
) -> None:
    checked = check(content, "--delimiter", ";", *options)
    assert (checked.status, checked.error) == (0, "")
    assert [reading["device_id"] for reading in checked.document["first"]] == ["Küche"]
    assert [("byte order mark" in guess) for guess in checked.document["guesses"]] == [True] * guesses


@pytest.mark.parametrize(
    ("content", "options", "message"),
    [
        (UMLAUTS.encode("utf-16-le"), (), "line 1: it has a zero character; is it UTF-16? See --encoding"),
        (
            "device,when,temp °C\nd1,2024-01-05,1\n".encode("latin-1"),
            (),
            "line 1: it is not UTF-8 (byte 18 of the line)",
        ),
        (
            UMLAUTS.encode("utf-16"),
            ("--encoding", "latin-1"),
            "begins with the byte order mark of utf-16; leave it out",
        ),
        (PLAIN, ("--encoding", "utf-9"), "--encoding 'utf-9': there is no such text encoding"),
        (PLAIN, ("--encoding", "rot13"), "--encoding 'rot13': there is no such text encoding"),
    ],
)
def test_another_encoding_is_named_with_what_to_do(
    check: Checker, content: str | bytes, options: tuple[str, ...], message: str
) -> None:
    checked = check(content, *options)
    assert checked.status == 2
    assert message in checked.error


def test_a_bad_byte_spoils_its_own_row(check: Checker) -> None:
    rows = UMLAUTS.encode() + "Küche;2024-01-05T10:31:00Z;21\n".encode("latin-1") + b"Bad;2024-01-05T10:32:00Z;22\n"
    checked = check(rows, "--delimiter", ";")
    assert (checked.status, checked.temperatures) == (1, [20.5, 22.0])
    assert checked.problems == ["it is not UTF-8 (byte 2 of the line); see --encoding"]


def test_a_utf_16_file_that_breaks_off_within_a_character_is_reported(check: Checker) -> None:
    checked = check((UMLAUTS + UMLAUTS.splitlines()[1]).encode("utf-16")[:-1], "--delimiter", ";")
    assert (checked.status, checked.temperatures) == (1, [20.5])
    assert "the file breaks off here" in checked.problems[0]


def test_commas_are_decimal_marks_when_asked(check: Checker) -> None:
    content = (
        "device;when;temp;hum\nd1;2024-01-05 10:30;28,9;43,0\nd1;2024-01-05 10:31;-3;\nd1;2024-01-05 10:32;1.028,5;1\n"
    )
    options = ("--delimiter", ";", "--humidity", "hum")
    checked = check(content, *options, "--decimal-comma")
    assert (checked.status, checked.temperatures, checked.document["first"][0]["humidity"]) == (1, [28.9, -3.0], 43.0)
    assert checked.problems == ["temperature: '1.028,5' has a point, and --decimal-comma asks for commas"]
    assert "temperature: '28,9' is not a number; see --decimal-comma" in check(content, *options).problems


def test_a_decimal_comma_that_tears_a_value_in_two_is_noticed(check: Checker) -> None:
    checked = check(PLAIN + "d1,2024-01-05T10:32:00Z,20,7\nd1,2024-01-05T10:33:00Z,20.8,\n")
    assert checked.temperatures == [20.5, 20.6, 20.8]
    assert checked.problems == ["it has 4 columns, and the first row has 3"]


def test_a_missing_number_costs_no_row_and_is_said(check: Checker) -> None:
    markers = ["NA", "null", "n/a", "NaN", "", "41"]
    rows = "".join(f"d1,2024-01-05T10:3{minute}:00Z,20,{text}\n" for minute, text in enumerate(markers))
    checked = check(f"device,when,temp,hum\n{rows}", "--humidity", "hum")
    assert checked.status == 0
    assert checked.document["readings"] == 6
    assert all("humidity" not in reading for reading in checked.document["first"])
    assert checked.document["guesses"] == [f"{text!r} was taken for a missing humidity" for text in markers[:4]]


def test_a_missing_required_number_is_no_reading(check: Checker) -> None:
    assert check(PLAIN + "d1,2024-01-05T10:32:00Z,NA\n").problems == ["temperature: 'NA' is not a number"]
    named = check(PLAIN + "d1,2024-01-05T10:32:00Z,-9999\n", "--null", "-9999")
    assert (named.status, named.problems) == (1, ["temperature is empty"])


def test_texts_that_stand_for_nothing_are_named(check: Checker) -> None:
    content = "device,when,temp,hum,site\nd1,2024-01-05T10:30:00Z,20.5,-9999,NA\nd1,2024-01-05T10:31:00Z,20.5,?,NA\n"
    columns = (*COLUMNS, "--humidity", "hum", "--site", "site")
    checked = check(content, "--null", "-9999", "--null", "?", columns=columns)
    assert (checked.status, checked.document["dirty"], checked.document["guesses"]) == (0, 0, [])
    assert [(row.get("humidity"), row["site"]) for row in checked.document["first"]] == [(None, "NA"), (None, "NA")]
    assert "site" not in check(content, "--null", "NA", "--null", "?", columns=columns).document["first"][0]


def test_date_and_time_columns_are_joined(check: Checker) -> None:
    content = "device,day,clock,temp\nd1,2024-01-05,10:30,20.5\nd1,05/01/2024,10.31,20.6\nd1,2024-01-05,,20.7\n"
    columns = ("--device-id", "device", "--date", "day", "--time", "clock", "--temperature", "temp")
    checked = check(content, columns=columns)
    assert checked.times == ["2024-01-05T10:30:00.000Z"]
    assert checked.problems == [
        "timestamp: '05/01/2024 10.31' is no ISO-8601 time; is there a --time-format for it?",
        "time is empty",
    ]
    formatted = check(content, "--time-format", "%d/%m/%Y %H.%M", "--time-zone", "Asia/Tokyo", columns=columns)
    assert formatted.times == ["2024-01-05T01:31:00.000Z"]


@pytest.mark.parametrize("options", [(), ("--time-format", "%Y-%m-%d %H:%M")])
def test_a_time_without_an_offset_is_in_the_zone_that_is_named_or_said_to_be_utc(
    check: Checker, options: tuple[str, ...]
) -> None:
    content = "device,when,temp\nd1,2024-01-05 10:30,20.5\n"
    silent, named = check(content, *options), check(content, *options, "--time-zone", "Asia/Tokyo")
    assert silent.times == ["2024-01-05T10:30:00.000Z"]
    assert silent.document["guesses"] == ["a time without an offset was taken as UTC, for want of --time-zone"]
    assert (named.times, named.document["guesses"]) == (["2024-01-05T01:30:00.000Z"], [])


def test_a_file_of_one_device_is_read_with_its_name(check: Checker) -> None:
    columns = ("--device", "cellar", "--timestamp", "when", "--temperature", "temp")
    checked = check("when,temp\n2024-01-05T10:30:00Z,20.5\n", columns=columns)
    assert (checked.status, checked.document["first"][0]["device_id"]) == (0, "cellar")


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        (("--timestamp", "when", "--temperature", "temp"), "say which device it is"),
        ((*COLUMNS, "--device", "d"), "say which device it is"),
        (COLUMNS[:2] + COLUMNS[4:], "say which column has the time"),
        ((*COLUMNS, "--date", "when", "--time", "when"), "say which column has the time"),
        ((*COLUMNS, "--date", "when"), "--date and --time go together"),
        ((*COLUMNS, "--timestamp-unit", "s", "--time-format", "%Y"), "--timestamp-unit s is for numbers"),
        ((*COLUMNS, "--time-format", "%H:%M"), "does not say which day of which year"),
    ],
)
def test_options_that_leave_a_column_open_are_refused(check: Checker, columns: tuple[str, ...], message: str) -> None:
    checked = check(PLAIN, columns=columns)
    assert checked.status == 2
    assert message in checked.error


@pytest.mark.parametrize("header", ["temp (°C)", "Temp [°C]", "TEMP, °C (LGR S/N: 1)", "temp / deg C"])
def test_a_unit_in_the_header_need_not_be_named(check: Checker, header: str) -> None:
    checked = check(PLAIN.replace("temp", f'"{header}"'))
    assert (checked.status, checked.temperatures) == (0, [20.5, 20.6])
    assert checked.document["guesses"] == [f"column {header!r} was taken for --temperature temp"]


def test_a_name_that_fits_two_headers_with_units_is_refused(check: Checker) -> None:
    checked = check("device,when,temp (C),temp (F)\nd1,2024-01-05,20,68\n")
    assert checked.status == 2
    assert "2 columns have that name; give the column's number" in checked.error


@pytest.mark.parametrize(("unit", "sent"), [("f", [-6.3889, -6.3333]), ("k", [-252.65, -252.55]), ("c", [20.5, 20.6])])
def test_temperatures_are_converted_to_celsius(check: Checker, unit: str, sent: list[float]) -> None:
    assert check(PLAIN, "--temperature-unit", unit).temperatures == sent


@pytest.mark.parametrize(
    ("header", "unit"),
    [
        ("temp (°F)", "F"),
        ("temp, °F (LGR S/N: 1)", "F"),
        ("temp [K]", "K"),
        ("temp / deg F", "F"),
        ("temp (Fahrenheit)", "F"),
    ],
)
def test_a_header_in_another_unit_than_celsius_asks_for_the_unit(check: Checker, header: str, unit: str) -> None:
    content = PLAIN.replace("temp", f'"{header}"')
    checked = check(content)
    assert checked.status == 2
    assert f"the column {header!r} seems to be in {unit}: say --temperature-unit {unit.lower()}, or c" in checked.error
    assert check(content, "--temperature-unit", unit.lower()).status == 0


@pytest.mark.parametrize("header", ["temp (from cellar)", "temp (kitchen)", "temp_cold", "temp (C)"])
def test_other_words_in_a_header_are_not_units(check: Checker, header: str) -> None:
    assert check(PLAIN.replace("temp", header), columns=(*COLUMNS[:-1], header)).status == 0


def test_lines_before_the_header_are_skipped_and_counted(check: Checker) -> None:
    checked = check(f'Logger 7, "unclosed\n\n{PLAIN}d1,never,20\n', "--skip-rows", "2")
    assert (checked.temperatures, checked.document["unreadable"][0]["line"]) == ([20.5, 20.6], 6)
    units = "device,when,temp\n,,°C\nd1,2024-01-05T10:30:00Z,20.5\n"
    numbers = ("--device-id", "1", "--timestamp", "2", "--temperature", "3", "--skip-rows", "2", "--no-header")
    assert check(units, columns=numbers).temperatures == [20.5]


@pytest.mark.parametrize("content", ["device,when,temp\n", "device,when,temp", "device,when,temp\n\n \n"])
def test_a_file_with_a_header_alone_is_refused(check: Checker, content: str) -> None:
    checked = check(content)
    assert checked.status == 2
    assert "has a header and no row below it" in checked.error


def test_a_file_without_one_readable_row_is_refused(check: Checker) -> None:
    checked = check("device,when,temp\nd1,10.30,20\n")
    assert (checked.status, checked.document["readings"]) == (2, 0)
    assert "no row of" in checked.error


def test_the_same_row_has_another_id_once_it_is_read_otherwise(check: Checker) -> None:
    first, again = check(PLAIN).document["first"], check(PLAIN).document["first"]
    fahrenheit = check(PLAIN, "--temperature-unit", "f").document["first"]
    assert first == again
    assert {row["event_id"] for row in first}.isdisjoint(row["event_id"] for row in fahrenheit)
