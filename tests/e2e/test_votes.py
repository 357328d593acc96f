"""The vote end to end: the demo, twice; the stage killed while people vote; and no trace when it is destroyed.

The tests build on each other, in the order in which they stand here.
"""

from __future__ import annotations

import itertools
import json
import re
import subprocess
import urllib.request
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from aws_stage.testing.waiting import eventually

from datastreamer.aws.athena import run_query
from datastreamer.votes.names import Names
from tests.conftest import RunningStage, free_port
from tests.e2e.conftest import Lake, shown
from tests.terraform.stage_inventory import inventory

pytestmark = [pytest.mark.e2e, pytest.mark.slow]

VOTES = 1_500
DEMO_OK = re.compile(r"DEMO OK ([\d,]+) votes taken = ([\d,]+) in the totals = ([\d,]+) in the lake, each once")


class Vote:
    """A stage with the vote on it, as soon as the demo has been there."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.commands = Lake(RunningStage(free_port(), folder / "data"), folder / "receipts")

    @property
    def stage(self) -> RunningStage:
        return self.commands.stage

    def demo(self, said: str = "") -> list[int]:
        """Run the demo, which must say ``said``; the counts that it prints: taken, in the totals, in the lake."""
        done = self.commands.run("scripts.demo", "--pipeline", "votes", "--readings", str(VOTES), "--keep")
        assert done.returncode == 0, shown(done)
        assert said in done.stdout, shown(done)
        last = done.stdout.strip().splitlines()[-1]
        counts = DEMO_OK.match(last)
        assert counts, last
        return [int(count.replace(",", "")) for count in counts.groups()]

    def provision(self, *words: str) -> subprocess.CompletedProcess[str]:
        return self.commands.run("scripts.provision", *words)

    def site(self, path: str) -> Any:
        (site,) = self.stage.client("cloudfront").list_distributions()["DistributionList"]["Items"]
        with urllib.request.urlopen(f"http://{site['DomainName']}/{path}") as answer:
            return json.loads(answer.read())

    def totals(self) -> Counter[str]:
        return Counter(self.told()["totals"])

    def told(self) -> dict[str, Any]:
        """What ``GET /totals`` answers."""
        with urllib.request.urlopen(f"{self.site('config.json')['api_url']}/totals") as answer:
            found: dict[str, Any] = json.loads(answer.read())
        return found

    def present(self, *words: str) -> dict[str, Any]:
        """Run a command of the presenter; what it answers."""
        done = self.commands.run("datastreamer.cli", "votes", *words, "--stage", "local", "--json")
        assert done.returncode == 0, shown(done)
        found: dict[str, Any] = json.loads(done.stdout)
        return found

    def cast(self, name: str, seed: int) -> tuple[Path, dict[str, Any]]:
        """Have simulated browsers vote for three seconds; their receipt, and its content."""
        receipt = self.folder / f"{name}.json"
        words = f"votes --stage local --rate 50 --duration 3 --seed {seed} --quiet --receipt {receipt}"
        done = self.commands.run("datastreamer.sensor", *words.split())
        assert receipt.exists(), shown(done)
        return receipt, json.loads(receipt.read_text())

    def archived(self, number: int) -> Counter[str]:
        """The totals of a round as the lake's table ``rounds`` has them."""
        names = Names("local", "000000000000")
        each = "CROSS JOIN UNNEST(totals) AS t (candidate, count)"
        question = f"SELECT candidate, count FROM rounds {each} WHERE round = {number}"
        answer = run_query(self.stage.client("athena"), question, workgroup=names.workgroup, database=names.database)
        return Counter({str(candidate): int(str(votes)) for candidate, votes in answer.rows})

    def prove(self, receipt: Path) -> dict[str, Any]:
        """Run the proof; its ledger."""
        ledger = receipt.with_suffix(".ledger")
        words = "datastreamer.cli votes audit --stage local --receipt".split()
        done = self.commands.run(*words, str(receipt), "--ledger", str(ledger))
        assert done.returncode == 0, shown(done)
        found: dict[str, Any] = json.loads(ledger.read_text())
        return found


@pytest.fixture(scope="module")
def vote(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Vote]:
    found = Vote(tmp_path_factory.mktemp("votes"))
    yield found
    found.commands.run("aws_stage", "down")


def test_the_demo_finds_each_vote_once_in_the_totals_and_in_the_lake(vote: Vote) -> None:
    taken, counted, kept = vote.demo()
    assert taken == counted == kept == vote.totals().total() > VOTES * 0.9
    picture = vote.stage.data_dir / "screenshots" / "votes-demo.png"
    assert picture.read_bytes().startswith(b"\x89PNG")


def test_the_demo_again_changes_nothing_of_the_stage_and_counts_its_own_votes_on_top(vote: Vote) -> None:
    before = vote.totals().total()
    taken, counted, kept = vote.demo(said="Stage local is in place: 0 changes.")
    assert taken == counted == kept == vote.totals().total() - before > VOTES * 0.9


def test_the_stage_killed_while_people_vote_loses_no_vote_and_counts_none_twice(vote: Vote) -> None:
    before, receipt = vote.totals(), vote.folder / "killed.json"
    words = (
        f"datastreamer.sensor votes --stage local --rate 150 --duration 8 --retries 0.2 --seed 4 --receipt {receipt}"
    )
    process = vote.commands.stage_process()
    with vote.commands.start(*words.split(), "--quiet") as voters:
        eventually(lambda: voters.poll() is not None or vote.totals() != before)
        assert voters.poll() is None, voters.communicate()
        vote.commands.kill_stage(process)
        said, _ = voters.communicate(timeout=600)
    assert voters.returncode == 0, said
    sheet = json.loads(receipt.read_text())
    assert sheet["retried"] > 0, "nobody noticed that the stage was gone"
    ledger = vote.prove(receipt)
    assert {name: counts["taken"] for name, counts in ledger.items()} == sheet["accepted"]
    assert vote.totals() - before == Counter(sheet["accepted"])


def test_each_round_keeps_its_own_votes_and_takes_none_while_it_is_closed(vote: Vote) -> None:
    before = vote.totals()
    vote.present("freeze")
    first, sheet = vote.cast("frozen", seed=5)
    vote.prove(first)
    assert vote.totals() == before, "a freeze lets what everybody sees stand still"
    ended = before + Counter(sheet["accepted"])
    assert ended != before

    closed = vote.present("close")
    assert (closed["state"], Counter(closed["totals"])) == ("closed", ended)

    def is_closed() -> bool:
        # A function goes by the round as it read it within the last second.
        _, sheet = vote.cast("closed", seed=next(seeds))
        ended.update(sheet["accepted"])
        return (sheet["accepted"], set(sheet["refused"])) == ({}, {"closed"})

    seeds = itertools.count(100)
    eventually(is_closed)

    begun = vote.present("reset", "--archive", "--yes")
    assert (begun["state"], begun["round"], begun["archived"]) == ("closed", closed["round"] + 1, [closed["round"]])
    vote.present("open")
    second, sheet = vote.cast("next", seed=7)
    vote.prove(second)
    assert vote.totals() == Counter(sheet["accepted"])
    vote.prove(first)
    assert vote.archived(closed["round"]) == ended


def test_destroy_leaves_nothing_though_there_were_votes(vote: Vote) -> None:
    done = vote.provision("destroy", "local", "--auto-approve")
    assert done.returncode == 0, shown(done)
    left = inventory(vote.stage)
    assert {kind: names for kind, names in left.items() if names and kind != "workgroups"} == {}
    assert vote.stage.client("apigateway").get_rest_apis()["items"] == []
    assert vote.stage.client("apigatewayv2").get_apis()["Items"] == []
    assert "Items" not in vote.stage.client("cloudfront").list_distributions()["DistributionList"]
