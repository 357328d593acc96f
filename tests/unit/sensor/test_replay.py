"""Replaying recordings: every readable row becomes a valid reading, and every other one is reported."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from datastreamer.errors import UsageError
from datastreamer.events.digest import id_hash, line_hash, unpacked
from datastreamer.events.reading import reject_reason
from datastreamer.sensor.pacing import Pacer
from datastreamer.sensor.replay.columns import resolve
from datastreamer.sensor.replay.guesses import Guesses
from datastreamer.sensor.replay.moments import TimestampUnit, format_reader, reader, time_zone
from datastreamer.sensor.replay.numbers import Notation
from datastreamer.sensor.replay.readings import ReadingReader
from datastreamer.sensor.replay.recording import Recording
from datastreamer.sensor.replay.source import ReplaySource
from datastreamer.sensor.stopping import StopRequest
from datastreamer.sensor.unreadable import Unreadable
from tests.sensor_recordings import climate_rows

COLUMNS = {"device-id": 3, "timestamp": 1, "temperature": 4, "humidity": 5}
MS = reader(TimestampUnit.MS, UTC, Guesses())


def write(path: Path, text: str | bytes) -> Path:
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


def read(
    path: Path,
    columns: dict[str, int] = COLUMNS,
    moment_of: Callable[[str], datetime] = MS,
    delimiter: str = ",",
) -> tuple[list[dict[str, Any]], Unreadable]:
    recording, unreadable = Recording(path, delimiter), Unreadable()
    reading_reader = ReadingReader(columns, moment_of, recording.digest(), Guesses())
    readings = []
    for reading in reading_reader.read(recording.rows(), unreadable):
        assert reading.lines.data.endswith(b"\n")
        assert reading.lines.ends == (len(reading.lines.data),)
        readings.append(json.loads(reading.lines.data))
        assert reading.lines.device == readings[-1]["device_id"]
        valid = not reading.lines.marks
        known_by = id_hash(readings[-1]["event_id"].encode()) if valid else line_hash(reading.lines.data[:-1])
        assert unpacked(reading.lines.hashes) == (known_by,)
    return readings, unreadable


def test_rows_become_valid_readings(tmp_path: Path) -> None:
    readings, unreadable = read(write(tmp_path / "climate.csv", "\n".join(climate_rows())))
    assert unreadable.count == 0
    assert len(readings) == 200
    assert readings[0] | {"event_id": ""} == {
        "event_id": "",
        "device_id": "2",
        "timestamp": "2016-03-16T08:41:45.686Z",
        "temperature": 20.61,
        "humidity": 41.694,
    }
    assert all(reject_reason(json.dumps(reading).encode(), datetime.now(UTC)) is None for reading in readings)
    assert len({reading["event_id"] for reading in readings}) == 200


def test_a_second_replay_gives_the_same_ids_even_from_a_zipped_file(tmp_path: Path) -> None:
    text = "\n".join(climate_rows()).encode()
    first, _ = read(write(tmp_path / "a.csv", text))
    again, _ = read(write(tmp_path / "b.csv", text))
    zipped, _ = read(write(tmp_path / "c.csv", gzip.compress(text)))
    assert first == again == zipped


def test_other_content_or_other_columns_give_other_ids(tmp_path: Path) -> None:
    rows = climate_rows()
    path = write(tmp_path / "a.csv", "\n".join(rows))
    first, _ = read(path)
    other_file, _ = read(write(tmp_path / "b.csv", "\n".join([*rows, rows[0]])))
    corrected, _ = read(path, COLUMNS | {"temperature": 6})
    ids = [{reading["event_id"] for reading in readings} for readings in (first, other_file, corrected)]
    assert ids[0].isdisjoint(ids[1])
    assert ids[0].isdisjoint(ids[2])


def test_equal_rows_are_readings_of_their_own(tmp_path: Path) -> None:
    readings, _ = read(write(tmp_path / "a.csv", "\n".join(climate_rows(1) * 3)))
    assert len({reading["event_id"] for reading in readings}) == 3


@pytest.mark.parametrize(
    ("row", "problem"),
    [
        (b"1, 1458117704955", "it has 2 columns, and column 6 is needed"),
        (b"1, yesterday, 1, 4, 20.68, 40.7, 2", "timestamp: 'yesterday' is no number of ms since 1970"),
        (b"1, -5, 1, 4, 20.68, 40.7, 2", "timestamp: -5 ms since 1970 is no time"),
        (b"1, 1458117704955000000, 1, 4, 20.68, 40.7, 2", "is --timestamp-unit right?"),
        (b"1, 1e400, 1, 4, 20.68, 40.7, 2", "is --timestamp-unit right?"),
        (b"1, 1458117704955, 1, 4, warm, 40.7, 2", "temperature: 'warm' is not a number"),
        (b"1, 1458117704955, 1, 4, nan, 40.7, 2", "temperature: 'nan' is not a number"),
        (b"1, 1458117704955, 1, 4, 1_0, 40.7, 2", "temperature: '1_0' is not a number"),
        (b"1, 1458117704955, 1, 4, 1e999, 40.7, 2", "temperature: 1e999 is too large"),
        ("1, 1458117704955, 1, 4, ２１, 40.7, 2".encode(), "is not a number"),  # noqa: RUF001  full-width digits
        (b"1, 1458117704955, 1, 4, , 40.7, 2", "temperature is empty"),
        (b"1, 1458117704955, 1, , 20.68, 40.7, 2", "device-id is empty"),
        (b"1, 1458117704955, 1, " + b"d" * 257 + b", 20.68, 40.7, 2", "device-id has 257 characters"),
        (b"1, 1458117704955, 1, 4, 20.68, wet, 2", "humidity: 'wet' is not a number"),
        (b"1, 1458117704955, 1, \xff\xfe, 20.68, 40.7, 2", "it is not UTF-8 (byte 22 of the line)"),
        (b'1, 1458117704955, 1, "4, 20.68, 40.7, 2', "it is not CSV"),
    ],
)
def test_a_row_that_cannot_be_read_is_reported_and_the_rest_goes_on(tmp_path: Path, row: bytes, problem: str) -> None:
    rows = [line.encode() for line in climate_rows(4)]
    readings, unreadable = read(write(tmp_path / "a.csv", b"\n".join([*rows[:2], row, b"", *rows[2:]])))
    assert len(readings) == 4
    assert unreadable.count == 1
    assert unreadable.first[0]["line"] == 3
    assert problem in unreadable.first[0]["problem"]


def test_only_the_first_unreadable_rows_are_kept_but_all_are_counted(tmp_path: Path) -> None:
    readings, unreadable = read(write(tmp_path / "a.csv", "nonsense\n" * 1_000))
    assert readings == []
    assert unreadable.count == 1_000
    assert [row["line"] for row in unreadable.first] == list(range(1, 21))


def test_a_zipped_file_that_breaks_off_gives_what_it_has(tmp_path: Path) -> None:
    whole = gzip.compress("\n".join(climate_rows(5_000)).encode())
    readings, unreadable = read(write(tmp_path / "a.csv.gz", whole[: len(whole) // 2]))
    assert 1_000 < len(readings) < 4_000
    assert unreadable.count == 1
    assert "the file breaks off here" in unreadable.first[0]["problem"]
    assert unreadable.first[0]["line"] == len(readings) + 1


def test_windows_line_ends_a_byte_order_mark_quotes_and_missing_humidity_are_read(tmp_path: Path) -> None:
    text = '\ufeff1458117704955;"cellar; left";"20.68";41\r\n1458117704956;attic;-3;\r\n'
    columns = {"timestamp": 0, "device-id": 1, "temperature": 2, "humidity": 3}
    readings, unreadable = read(write(tmp_path / "a.csv", text), columns, delimiter=";")
    assert unreadable.count == 0
    assert [(r["device_id"], r["temperature"], r.get("humidity")) for r in readings] == [
        ("cellar; left", 20.68, 41.0),
        ("attic", -3.0, None),
    ]


def test_a_value_that_the_lake_refuses_is_sent_and_marked(tmp_path: Path) -> None:
    recording = Recording(write(tmp_path / "a.csv", "1, 1458117704955, 0, 4, -300, 40"), ",")
    (reading,) = ReadingReader(COLUMNS, MS, "digest", Guesses()).read(recording.rows(), Unreadable())
    assert reading.lines.marks == [(0, "dirty:temperature_out_of_range")]


@pytest.mark.parametrize(
    ("unit", "text"),
    [
        ("s", "1458117704.955"),
        ("s", "1.458117704955e9"),
        ("ms", "1458117704955"),
        ("us", "1458117704955000"),
        ("ns", "1458117704955000000"),
        ("iso", "2016-03-16T08:41:44.955Z"),
        ("iso", "2016-03-16 09:41:44.955+01:00"),
        ("iso", "2016-03-16T17:41:44.955"),
        ("iso", "20160316T174144.955"),
    ],
)
def test_every_unit_names_the_same_moment(unit: str, text: str) -> None:
    moment = reader(TimestampUnit(unit), ZoneInfo("Asia/Tokyo"), Guesses())(text)
    assert moment == datetime(2016, 3, 16, 8, 41, 44, 955_000, tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    [
        *("", "2016-02-30", "16.3.2016", "2016-03", "2016-W11", "0001-01-01T00:00:00+23:00"),
        *("2024-01-05 10.30", "2024-01-05 10:30.5", "2024-01-05 10:30,5", "2024-01-05 10,5"),
        *("2023-01-04-15-08", "2023-01-04T15-08", "2023-01-04_15:08", "202301041508", "2023-01-04 15:08-8"),
    ],
)
def test_text_that_is_no_time_or_has_no_single_reading_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"is no (ISO-8601 )?time"):
        reader(TimestampUnit.ISO, UTC, Guesses())(text)


BERLIN = ZoneInfo("Europe/Berlin")


def test_a_time_that_the_clock_skips_is_refused() -> None:
    guesses = Guesses()
    for moment_of in (reader(TimestampUnit.ISO, BERLIN, guesses), format_reader("%Y-%m-%d %H:%M", BERLIN, guesses)):
        assert moment_of("2024-03-31 01:59") == datetime(2024, 3, 31, 0, 59, tzinfo=UTC)
        assert moment_of("2024-03-31 03:00") == datetime(2024, 3, 31, 1, 0, tzinfo=UTC)
        for text in ("2024-03-31 02:00", "2024-03-31 02:59"):
            with pytest.raises(ValueError, match=r"the clock skipped '2024-03-31 02:.*Europe/Berlin"):
                moment_of(text)
    assert reader(TimestampUnit.ISO, BERLIN, guesses)("2024-03-31T02:30:00Z").hour == 2
    assert guesses.lines() == []


def test_of_a_time_that_the_clock_shows_twice_the_first_is_taken_and_counted() -> None:
    guesses = Guesses()
    moment_of = reader(TimestampUnit.ISO, BERLIN, guesses)
    assert moment_of("2024-10-27 02:30") == datetime(2024, 10, 27, 0, 30, tzinfo=UTC)
    assert moment_of("2024-10-27 02:59:59.5") == datetime(2024, 10, 27, 0, 59, 59, 500_000, tzinfo=UTC)
    assert moment_of("2024-10-27 03:00") == datetime(2024, 10, 27, 2, 0, tzinfo=UTC)
    assert guesses.lines() == ["a time that the clock showed twice was taken as the first of the two (2 times)"]


def test_a_date_alone_is_its_midnight_and_counted() -> None:
    guesses = Guesses()
    assert reader(TimestampUnit.ISO, BERLIN, guesses)("2024-06-01") == datetime(2024, 5, 31, 22, tzinfo=UTC)
    assert guesses.lines() == ["a date without a time was taken as its midnight"]


@pytest.mark.parametrize(
    ("form", "text", "moment"),
    [
        ("%Y-%m-%d %H.%M", "2024-01-05 10.30", datetime(2024, 1, 5, 9, 30, tzinfo=UTC)),
        ("%Y-%m-%d-%H-%M", "2023-01-04-15-08", datetime(2023, 1, 4, 14, 8, tzinfo=UTC)),
        ("%m/%d/%y %I:%M:%S %p", "01/05/24 10:30:07 PM", datetime(2024, 1, 5, 21, 30, 7, tzinfo=UTC)),
        ("%d.%m.%Y %H:%M %z", "05.01.2024 10:30 +0500", datetime(2024, 1, 5, 5, 30, tzinfo=UTC)),
        ("%Y%j", "2024032", datetime(2024, 1, 31, 23, 0, tzinfo=UTC)),
        ("%d %b %Y %H:%M:%S.%f", "5 Jan 2024 10:30:00.25", datetime(2024, 1, 5, 9, 30, 0, 250_000, tzinfo=UTC)),
    ],
)
def test_a_time_format_reads_what_iso_does_not(form: str, text: str, moment: datetime) -> None:
    assert format_reader(form, BERLIN, Guesses())(text) == moment


def test_text_of_another_form_than_the_format_is_refused() -> None:
    with pytest.raises(ValueError, match=r"'2024-01-05' is not of the form '%d\.%m\.%Y'"):
        format_reader("%d.%m.%Y", UTC, Guesses())("2024-01-05")


@pytest.mark.parametrize(
    ("form", "message"),
    [
        ("%d.%m. %H:%M", "does not say which day of which year"),
        ("%H:%M", "does not say which day of which year"),
        ("%Y-%m-%d %I:%M", "does not say which hour"),
        ("%Y-%m-%d %M", "does not say which hour"),
        ("%Y-%m-%d %Q", "bad directive"),
        ("%Y-%m-%d %", "(stray|raw) %"),
        ("%Y %Y", "redefinition"),
        ("%Y-%m-%d %H:%M %Z", "%Z names a zone without its offset"),
    ],
)
def test_a_time_format_that_leaves_the_moment_open_is_refused(form: str, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        format_reader(form, UTC, Guesses())


def test_an_unknown_time_zone_names_the_nearest() -> None:
    assert time_zone("Europe/Berlin") == ZoneInfo("Europe/Berlin")
    with pytest.raises(UsageError, match="Did you mean 'Europe/Berlin'"):
        time_zone("Europe/Berln")
    with pytest.raises(UsageError, match="no such zone"):
        time_zone("../../etc/passwd")


def test_numbers_are_read_as_they_are_written() -> None:
    number = Notation().number
    assert [number(text) for text in ("20.68", "-3", "+4.", ".5", "1e2")] == [20.68, -3.0, 4.0, 0.5, 100.0]


HEADER = ["time", "node", "temp", "temp"]


@pytest.mark.parametrize(
    ("given", "header", "column"),
    [("2", None, 1), ("2", HEADER, 1), ("node", HEADER, 1), ("2", ["2", "x", "y"], 1)],
)
def test_columns_are_found_by_number_or_name(given: str, header: list[str] | None, column: int) -> None:
    assert resolve({"device-id": given, "humidity": None}, header, 4, Guesses()) == {"device-id": column}


@pytest.mark.parametrize(
    ("given", "header", "message"),
    [
        ("0", HEADER, "--device-id 0: the file has columns 1 to 4"),
        ("5", None, "--device-id 5: the file has columns 1 to 4"),
        ("nod", HEADER, "no such column. Did you mean 'node'"),
        ("humid", HEADER, "The header has: time, node, temp, temp"),
        ("temp", HEADER, "2 columns have that name"),
        ("node", None, "without a header, give the column's number"),
    ],
)
def test_a_column_that_does_not_exist_is_refused(given: str, header: list[str] | None, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        resolve({"device-id": given}, header, 4, Guesses())


class Clock:
    """Time that passes only while somebody waits."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


class WaitingStop(StopRequest):
    def __init__(self, clock: Clock) -> None:
        super().__init__()
        self._clock = clock

    def wait(self, seconds: float) -> None:
        self._clock.now += seconds


def replay_times(tmp_path: Path, speedup: float | None, rate: float, gaps_ms: list[int]) -> list[float]:
    """When each reading was sent [s], for a recording with ``gaps_ms`` between its rows."""
    moment, rows = 1_458_117_704_955, []
    for gap in [0, *gaps_ms]:
        moment += gap
        rows.append(f"0,{moment},0,a,20,40")
    clock = Clock()
    recording = Recording(write(tmp_path / "a.csv", "\n".join(rows)), ",")
    source = ReplaySource(
        recording.rows(),
        ReadingReader(COLUMNS, MS, "digest", Guesses()),
        Pacer(rate, monotonic=clock, wall=clock),
        speedup,
        clock,
    )
    times = []
    for batch in source.batches(WaitingStop(clock)):
        times += [clock.now for _ in batch]
    assert source.progress() == 1.0
    return times


def test_recorded_distances_are_kept_and_divided_by_the_speedup(tmp_path: Path) -> None:
    times = replay_times(tmp_path, 60.0, 0.0, [60_000, 120_000, -60_000, 600_000])
    assert times == pytest.approx([0.0, 1.0, 3.0, 3.0, 12.0], abs=0.11)


def test_without_speedup_the_rate_alone_counts(tmp_path: Path) -> None:
    assert replay_times(tmp_path, None, 0.0, [10_000] * 5) == [0.0] * 6
    times = replay_times(tmp_path, None, 10.0, [10_000] * 30)
    assert times[-1] == pytest.approx(3.1, abs=0.3)


def test_a_stop_ends_the_replay_where_it_is(tmp_path: Path) -> None:
    recording = Recording(write(tmp_path / "a.csv", "\n".join(climate_rows(2_000))), ",")
    source = ReplaySource(recording.rows(), ReadingReader(COLUMNS, MS, "digest", Guesses()), Pacer(0.0), None)
    stop = StopRequest()
    batches = source.batches(stop)
    sent = len(list(next(batches)))
    stop.request()
    assert list(batches) == []
    assert 0 < sent < 2_000
    assert 0.0 < source.progress() < 1.0


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"gone\.csv cannot be read: No such file"):
        Recording(tmp_path / "gone.csv", ",")


def test_timestamps_keep_milliseconds(tmp_path: Path) -> None:
    readings, _ = read(write(tmp_path / "a.csv", "\n".join(climate_rows(2))))
    moments = [datetime.fromisoformat(reading["timestamp"]) for reading in readings]
    assert moments[1] - moments[0] == timedelta(milliseconds=731)
