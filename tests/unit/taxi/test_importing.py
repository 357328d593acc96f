"""``datastreamer taxi import``: files of every year go to bronze as they are, and nothing else does."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import typer
from moto import mock_aws

from datastreamer.cli.context import Context
from datastreamer.cli.taxi.importing import import_files
from datastreamer.errors import ConfigurationError, UsageError
from datastreamer.taxi.history import CSV, write_month
from datastreamer.taxi.month import Month

BUCKET = "datastreamer-test-taxi-raw-123456789012"


class FakeContext(Context):
    """A stage entered without AWS."""

    account = "123456789012"  # type: ignore[assignment]  # the real one asks STS


@pytest.fixture
def s3(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    monkeypatch.setattr(Context, "enter", FakeContext)
    with mock_aws():
        client = boto3.client("s3")
        client.create_bucket(Bucket=BUCKET)
        yield client


def months(folder: Path, *names: str, suffix: str = "parquet", seed: int = 1) -> list[Path]:
    return [write_month(folder, Month.parse(name), 20, seed=seed, suffix=suffix).path for name in names]


def answer(capsys: pytest.CaptureFixture[str], *files: Path, **options: Any) -> dict[str, Any]:
    capsys.readouterr()
    import_files(list(files), as_json=True, stage="test", **options)
    document: dict[str, Any] = json.loads(capsys.readouterr().out)
    return document


def keys(s3: Any) -> list[str]:
    return [item["Key"] for item in s3.list_objects_v2(Bucket=BUCKET).get("Contents", [])]


def actions(document: dict[str, Any]) -> list[str]:
    return [file["action"] for file in document["files"]]


def test_files_of_every_year_go_to_the_folder_of_their_month_byte_by_byte(
    s3: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    files = [*months(tmp_path, "2019-01", "2022-05", "2023-01", "2025-01"), *months(tmp_path, "2019-03", suffix=CSV)]
    found = answer(capsys, *files)
    assert actions(found) == ["import"] * 5
    assert [file["rows"] for file in found["files"]] == [20] * 5
    for file, path in zip(found["files"], files, strict=True):
        key = file["uri"].removeprefix(f"s3://{BUCKET}/")
        assert key == f"yellow/year={file['month'][:4]}/month={file['month'][5:]}/{path.name}"
        assert s3.get_object(Bucket=BUCKET, Key=key)["Body"].read() == path.read_bytes()


def test_a_content_that_is_there_is_not_sent_twice_under_whatever_name(
    s3: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    [file] = months(tmp_path, "2025-01")
    copy = tmp_path / "yellow_tripdata_2025-01_copy.parquet"
    copy.write_bytes(file.read_bytes())
    assert actions(answer(capsys, file, copy)) == ["import", "there"]
    assert actions(answer(capsys, copy, file)) == ["there", "there"]
    assert keys(s3) == ["yellow/year=2025/month=01/yellow_tripdata_2025-01.parquet"]


def test_another_content_under_a_name_replaces_only_when_asked(
    s3: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    first, second = (months(tmp_path / name, "2025-01", seed=seed)[0] for name, seed in (("a", 1), ("b", 2)))
    answer(capsys, first)
    with pytest.raises(UsageError, match=r"another content under this name: yellow_tripdata_2025-01\.parquet"):
        import_files([second], stage="test")
    with pytest.raises(UsageError, match="have one name in 2025-01, and not one content"):
        import_files([first, second], stage="test", replace=True)
    [key] = keys(s3)
    assert s3.get_object(Bucket=BUCKET, Key=key)["Body"].read() == first.read_bytes()
    assert actions(answer(capsys, second, replace=True)) == ["replace"]
    assert s3.get_object(Bucket=BUCKET, Key=key)["Body"].read() == second.read_bytes()


def test_a_check_shows_what_would_be_done_and_does_nothing(
    s3: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    [file] = months(tmp_path, "2025-01")
    import_files([file], check=True, stage="test")
    shown = capsys.readouterr().out.replace("\n", "")
    assert "would be" in shown
    assert keys(s3) == []
    with pytest.raises(typer.Exit) as ended:
        answer(capsys, file, tmp_path / "none.csv", check=True)
    assert ended.value.exit_code == 1
    document = json.loads(capsys.readouterr().out)
    assert (actions(document), document["problems"]) == (["import"], [f"there is no file {tmp_path / 'none.csv'}"])


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("trips.csv", b"a,b\n", "does not say its month as TLC's names do"),
        ("yellow_tripdata_2018-12.csv", b"a,b\n", "trips before 2019-01 had other columns"),
        ("yellow_tripdata_2025-01.csv", b"VendorID,fare_amount\n", "it lacks tpep_pickup_datetime, "),
        ("yellow_tripdata_2025-01.csv", b"", "it lacks VendorID"),
        ("yellow_tripdata_2025-01.csv", "Ä,b\n".encode("latin-1"), "is not CSV in UTF-8"),
        ("yellow_tripdata_2025-01.parquet", b"PAR1 and no more", "is not a whole Parquet file"),
        ("yellow_tripdata_2025-01.csv.gz", b"", "does not say its month"),
    ],
)
def test_what_is_not_a_file_of_trips_is_refused_and_nothing_is_sent(
    s3: Any, tmp_path: Path, name: str, content: bytes, message: str
) -> None:
    good = months(tmp_path, "2024-01")
    wrong = tmp_path / name
    wrong.write_bytes(content)
    with pytest.raises(UsageError, match=message):
        import_files([*good, wrong], stage="test")
    assert keys(s3) == []


@pytest.mark.usefixtures("s3")
def test_a_year_that_must_have_a_column_is_not_taken_without_it(tmp_path: Path) -> None:
    [old] = months(tmp_path, "2024-12")
    table = pq.read_table(old)
    new = tmp_path / "yellow_tripdata_2025-01.parquet"
    pq.write_table(table, new)
    with pytest.raises(UsageError, match=r"of 2025-01: it lacks cbd_congestion_fee$"):
        import_files([new], stage="test")
    both = table.append_column("cbd_congestion_fee", pa.nulls(20)).append_column("airport_FEE", pa.nulls(20))
    pq.write_table(both, new)
    with pytest.raises(UsageError, match="has a column more than once: Airport_fee, airport_FEE"):
        import_files([new], stage="test")


@pytest.mark.usefixtures("s3")
def test_a_month_and_a_place_can_be_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    [file] = months(tmp_path, "2025-01")
    named = file.rename(tmp_path / "mine.parquet")
    found = answer(capsys, named, month="2025-01", bronze=f"s3://{BUCKET}/try/")
    assert found["files"][0]["uri"] == f"s3://{BUCKET}/try/year=2025/month=01/mine.parquet"
    with pytest.raises(ConfigurationError, match=r"there is no bucket elsewhere\. Make it, or name another"):
        import_files([named], month="2025-01", bronze="s3://elsewhere/", stage="test")
