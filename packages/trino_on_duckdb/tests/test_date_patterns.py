"""Java DateTimeFormatter patterns, whose expected values are what Java 17 prints for Locale.US, and Joda's."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from trino_on_duckdb.date_patterns import PatternError, check_pattern, format_time, java_pieces, joda_pieces

MOMENT = datetime(2026, 2, 3, 4, 5, 6, 78_000, tzinfo=UTC)
AFTERNOON = datetime(2018, 12, 30, 23, 59, 59, 999_999, tzinfo=UTC)
TOKYO = MOMENT.astimezone(ZoneInfo("Asia/Tokyo"))
KOLKATA = MOMENT.astimezone(ZoneInfo("Asia/Kolkata"))
NEW_YORK = MOMENT.astimezone(ZoneInfo("America/New_York"))


@pytest.mark.parametrize(
    ("moment", "pattern", "printed"),
    [
        (MOMENT, "yyyy/MM/dd/HH", "2026/02/03/04"),
        (MOMENT, "y-M-d H:m:s", "2026-2-3 4:5:6"),
        (MOMENT, "yy uu uuuu", "26 26 2026"),
        (MOMENT, "MMM MMMM MMMMM", "Feb February F"),
        (MOMENT, "EEE EEEE EEEEE E", "Tue Tuesday T Tue"),
        (MOMENT, "D DDD", "34 034"),
        (MOMENT, "S SSS SSSSSS", "0 078 078000"),
        (MOMENT, "h hh a k K", "4 04 AM 4 4"),
        (AFTERNOON, "h hh a k KK", "11 11 PM 23 11"),
        (MOMENT.replace(hour=0), "h k K H", "12 24 0 0"),
        (MOMENT, "Q QQ QQQ QQQQ", "1 01 Q1 1st quarter"),
        (MOMENT, "G GGGG GGGGG", "AD Anno Domini A"),
        (MOMENT, "'year='yyyy''MM'it''s'", "year=2026'02it's"),
        (MOMENT, "yyyy-MM-dd'T'HH:mm:ss.SSSX", "2026-02-03T04:05:06.078Z"),
        (
            TOKYO,
            "HH:mm X XX XXX x Z ZZZZ ZZZZZ VV z",
            "13:05 +09 +0900 +09:00 +09 +0900 GMT+09:00 +09:00 Asia/Tokyo JST",
        ),
        (KOLKATA, "X XX XXX", "+0530 +0530 +05:30"),
        (NEW_YORK, "HH X Z", "23 -05 -0500"),
        (MOMENT, "x Z ZZZZ ZZZZZ", "+00 +0000 GMT Z"),
        (AFTERNOON, "YYYY yyyy w ww", "2019 2018 1 01"),
        (MOMENT, "w", "6"),
        (MOMENT, "''yyyy''MM", "'2026'02"),
        (MOMENT, "A n", "14706078 78000000"),
    ],
)
def test_a_pattern_prints_as_java_does(moment: datetime, pattern: str, printed: str) -> None:
    check_pattern(pattern)
    assert format_time(pattern, moment) == printed


@pytest.mark.parametrize("pattern", ["b", "ddd", "HHH", "yyyy{", "[MM]", "#", "'open", "zzzz", "V", "DDDD", "EEEEEE"])
def test_a_pattern_that_cannot_be_printed_is_refused(pattern: str) -> None:
    with pytest.raises(PatternError):
        check_pattern(pattern)


@given(st.datetimes(min_value=datetime(1000, 1, 1)))  # noqa: DTZ001  the zone is set below
def test_the_usual_letters_agree_with_strftime(moment: datetime) -> None:
    aware = moment.replace(tzinfo=UTC)
    assert format_time("yyyy-MM-dd HH:mm:ss.SSSSSS DDD", aware) == aware.strftime("%Y-%m-%d %H:%M:%S.%f %j")


@given(st.text(st.sampled_from("'a é{") | st.characters(codec="utf-8"), max_size=30))
def test_quoted_text_is_printed_as_it_is(text: str) -> None:
    quoted = "'" + text.replace("'", "''") + "'" if text else ""
    assert format_time(quoted, MOMENT) == text


@pytest.mark.parametrize(
    ("pattern", "java", "joda"),
    [
        ("yyyy-MM", ["yyyy", "-", "MM"], ["yyyy", "-", "MM"]),
        ("'T'HH''mm", ["T", "HH", "'", "mm"], ["T", "HH", "'", "mm"]),
        ("'it''s'", ["it's"], ["it's"]),
        ("yyyy''''MM", ["yyyy", "'", "MM"], ["yyyy", "'", "'", "MM"]),
        ("'''a'", ["'a"], ["'", "a"]),
    ],
)
def test_a_pattern_falls_into_runs_of_letters_and_text(pattern: str, java: list[str], joda: list[str]) -> None:
    assert [piece.text for piece in java_pieces(pattern)] == java
    assert [piece.text for piece in joda_pieces(pattern)] == joda


@pytest.mark.parametrize("pattern", ["'open", "yyyy'", "'a''", "yyyy 'a''b"])
def test_a_text_without_its_closing_quote_is_refused(pattern: str) -> None:
    for pieces in (java_pieces, joda_pieces):
        with pytest.raises(PatternError, match="no closing quote"):
            pieces(pattern)


def test_what_java_reserves_is_text_to_joda_and_in_quotes() -> None:
    with pytest.raises(PatternError, match=r"'\[' is reserved"):
        java_pieces("yyyy[MM]")
    assert [piece.text for piece in java_pieces("'[#]'yyyy")] == ["[#]", "yyyy"]
    assert [piece.text for piece in joda_pieces("yyyy[#]")] == ["yyyy", "[#]"]
