"""query-predictions and scan-predictions."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from datastreamer.errors import UsageError
from datastreamer.inference.processing.item import sort_key
from datastreamer.inference.since import parse_since
from tests.unit.inference_cli.conftest import CommandLine

NOW = datetime(2026, 1, 31, 12, 0, tzinfo=UTC)


@pytest.fixture
def table(cli: CommandLine, monkeypatch: pytest.MonkeyPatch) -> str:
    """Six predictions of sensor-001, a minute apart up to NOW, every other one labelled 1; one of sensor-002."""
    cli.done("create-table", "t")
    monkeypatch.setattr("datastreamer.cli.inference.session.Session.now", lambda _: NOW)
    for minute in range(6):
        put(cli, "sensor-001", NOW - timedelta(minutes=minute), score=f"0.{minute}1", label=minute % 2)
    put(cli, "sensor-002", NOW, score="0.5", label=0)
    cli.calls.clear()
    return "t"


def put(cli: CommandLine, identifier: str, arrived: datetime, *, score: str, label: int, model: str = "") -> None:
    milliseconds = int(arrived.timestamp() * 1000)
    sequence = f"{milliseconds}0001"
    item: dict[str, Any] = {
        "pk": {"S": identifier},
        "sk": {"S": sort_key(milliseconds, sequence)},
        "input": {
            "M": {
                "id": {"S": identifier},
                "data": {"L": [{"N": "25.50"}, {"N": "9007199254740993"}]},
                "note": {"S": "[bold]x"},
            }
        },
        "prediction": {"M": {"score": {"N": score}, "label": {"N": str(label)}, "variant": {"S": "AllTraffic"}}},
        "timestamp": {"N": str(milliseconds)},
        "kinesis_sequence": {"S": sequence},
    }
    named = {"model": {"S": model}} if model else {}
    cli.client("dynamodb").put_item(TableName="t", Item={**item, **named})


def scores(cli: CommandLine, *words: str) -> list[float]:
    return [item["prediction"]["score"] for item in cli.done(*words, "--json").document["predictions"]]


@pytest.mark.usefixtures("table")
class TestQuery:
    def test_it_is_newest_first(self, cli: CommandLine) -> None:
        assert scores(cli, "query-predictions", "t", "sensor-001") == [0.01, 0.11, 0.21, 0.31, 0.41, 0.51]

    def test_limit_takes_the_newest(self, cli: CommandLine) -> None:
        assert scores(cli, "query-predictions", "t", "sensor-001", "--limit", "2") == [0.01, 0.11]
        assert cli.parameters("Query")["Limit"] == 2

    @pytest.mark.parametrize("since", ["150s", "2m", "2026-01-31T11:58:00Z", "2026-01-31T20:58:00+09:00"])
    def test_since_takes_what_arrived_then_or_later(self, cli: CommandLine, since: str) -> None:
        assert scores(cli, "query-predictions", "t", "sensor-001", "--since", since) == [0.01, 0.11, 0.21]

    def test_those_of_a_model_are_those_that_it_made_or_may_have_made(self, cli: CommandLine) -> None:
        for second, model in enumerate(("bad", "bad-2", "bad|good", "good")):
            put(cli, "sensor-003", NOW - timedelta(seconds=second), score=f"0.{second}1", label=0, model=model)
        assert scores(cli, "query-predictions", "t", "sensor-003", "--model", "bad") == [0.01, 0.21]
        page = cli.done("scan-predictions", "t", "--all", "--model", "bad", "--json").out
        assert sorted(json.loads(line)["model"] for line in page.splitlines()) == ["bad", "bad|good"]
        assert "bad|good" in cli.done("query-predictions", "t", "sensor-003").out

    def test_anomalies_are_those_labelled_1_and_limit_counts_them(self, cli: CommandLine) -> None:
        assert scores(cli, "query-predictions", "t", "sensor-001", "--anomalies", "--limit", "2") == [0.11, 0.31]

    def test_json_keeps_the_digits_of_numbers(self, cli: CommandLine) -> None:
        answer = cli.done("query-predictions", "t", "sensor-002", "--json")
        assert '"data":[25.5,9007199254740993]' in answer.out or '"data":[25.50,9007199254740993]' in answer.out
        assert answer.document["count"] == 1

    def test_people_see_arrival_score_label_and_input(self, cli: CommandLine) -> None:
        out = cli.done("query-predictions", "t", "sensor-002").out
        assert max(map(len, out.splitlines())) <= 80
        for shown in ("sensor-002", "2026-01-31", "12:00:00.000", "0.5", "25.5"):
            assert shown in out

    @pytest.mark.parametrize(
        ("kept", "shown", "written"),
        [
            ({"N": "1" + "0" * 38}, "1e+38", "1" + "0" * 38),
            ({"N": "9" + "0" * 125}, "9e+125", "9" + "0" * 125),
            ({"N": "0." + "0" * 129 + "1"}, "1e-130", "1E-130"),
            ({"S": "1e-200"}, "1e-200", '"1e-200"'),
            ({"S": "0.3333333333333333333333333333333333333333"}, "0.3333", '"0.' + "3" * 40 + '"'),
        ],
    )
    def test_numbers_at_the_ends_of_dynamodbs_range_and_beyond_are_shown(
        self, cli: CommandLine, kept: dict[str, str], shown: str, written: str
    ) -> None:
        put(cli, "wide", NOW, score="0.5", label=0)
        (item,) = cli.client("dynamodb").query(
            TableName="t", KeyConditionExpression="pk = :pk", ExpressionAttributeValues={":pk": {"S": "wide"}}
        )["Items"]
        item["prediction"]["M"]["score"] = kept
        item["input"]["M"]["data"] = {"L": [kept]}
        cli.client("dynamodb").put_item(TableName="t", Item=item)
        for words in (("query-predictions", "t", "wide"), ("scan-predictions", "t")):
            assert shown in " ".join(cli.done(*words).out.split())
            assert f'"score":{written}' in cli.done(*words, "--json").out

    def test_an_id_without_predictions_says_so(self, cli: CommandLine) -> None:
        assert cli.done("query-predictions", "t", "nobody").out == "no prediction of 'nobody' in t\n"

    def test_a_moment_that_is_none_says_what_to_give(self, cli: CommandLine) -> None:
        answer = cli("query-predictions", "t", "sensor-001", "--since", "yesterday")
        assert answer.code == 2
        assert "15m" in answer.err


@pytest.mark.usefixtures("table")
class TestScan:
    def test_pages_follow_each_other_to_the_end(self, cli: CommandLine) -> None:
        seen, token = [], None
        while True:
            words = ["--page-token", token] if token else []
            page = cli.done("scan-predictions", "t", "--limit", "3", "--json", *words).document
            seen += [(item["pk"], item["sk"]) for item in page["predictions"]]
            token = page["page_token"]
            if not token:
                break
        assert len(seen) == len(set(seen)) == 7

    def test_people_are_told_that_there_is_more(self, cli: CommandLine) -> None:
        answer = cli.done("scan-predictions", "t", "--limit", "3")
        token = re.search(r"there is more: --page-token (\S+)", answer.err)
        assert token is not None
        assert "sensor" in cli.done("scan-predictions", "t", "--page-token", token[1]).out

    def test_all_in_json_is_a_line_an_item(self, cli: CommandLine) -> None:
        lines = cli.done("scan-predictions", "t", "--all", "--json").out.splitlines()
        items = map(json.loads, lines)
        assert len({(item["pk"], item["sk"]) for item in items}) == 7

    def test_all_follows_every_page(self, cli: CommandLine, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("moto.dynamodb.models.table.RESULT_SIZE_LIMIT", 900)
        assert len(cli.done("scan-predictions", "t", "--all", "--json").out.splitlines()) == 7
        assert cli.operations.count("Scan") > 1

    def test_anomalies_are_those_labelled_1(self, cli: CommandLine) -> None:
        assert sorted(scores(cli, "scan-predictions", "t", "--anomalies")) == [0.11, 0.31, 0.51]

    def test_a_token_that_is_none_is_one_line(self, cli: CommandLine) -> None:
        answer = cli("scan-predictions", "t", "--page-token", "nonsense")
        assert answer.code == 2
        assert "that is no page token" in answer.err

    def test_all_and_a_token_exclude_each_other(self, cli: CommandLine) -> None:
        assert cli("scan-predictions", "t", "--all", "--page-token", "x").code == 2


@pytest.mark.parametrize("words", [("query-predictions", "nowhere", "a"), ("scan-predictions", "nowhere")])
def test_a_missing_table_is_one_line(cli: CommandLine, words: tuple[str, ...]) -> None:
    answer = cli(*words)
    assert answer.code == 2
    assert "there is no table nowhere in ap-northeast-1" in answer.err


@pytest.mark.parametrize(
    ("text", "ago"),
    [
        ("15m", timedelta(minutes=15)),
        ("2h", timedelta(hours=2)),
        ("1d", timedelta(days=1)),
        ("2026-01-31T11:00", timedelta(hours=1)),
        ("2026-01-30", timedelta(hours=36)),
    ],
)
def test_moments(text: str, ago: timedelta) -> None:
    assert parse_since(text, NOW) == NOW - ago


@pytest.mark.parametrize("text", ["", "m", "15 fortnights", "2026-13-01", "9999999999999d"])
def test_no_moments(text: str) -> None:
    with pytest.raises(UsageError, match="is no moment"):
        parse_since(text, NOW)
