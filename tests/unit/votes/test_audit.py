"""The proof of a vote: which votes it takes for a run's, and when it says that each counts once."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from datastreamer.errors import ConfigurationError
from datastreamer.sensor.votes.voters import uuid7
from datastreamer.votes.audit import Counts, all_balanced, compared, question, read_receipt

CLIENTS = ["0b5e1e3c-9a0e-4c8e-8f0a-5b7f4f4f0001", "0b5e1e3c-9a0e-4c8e-8f0a-5b7f4f4f0002"]
BEGUN, ENDED = 1_763_630_000_000, 1_763_630_020_000
RECEIPT = {"stage": "local", "from_ms": BEGUN, "until_ms": ENDED, "client_ids": CLIENTS}
GOOD = Counts(taken=10, of_the_run=10, in_the_lake=25, records=30, in_the_totals=25)


def test_votes_of_others_are_no_part_of_the_run() -> None:
    assert GOOD.counted == 10
    assert GOOD.balanced


@pytest.mark.parametrize(
    "wrong",
    [
        {"in_the_totals": 24},
        {"in_the_totals": 26},
        {"of_the_run": 9, "in_the_lake": 24},
        {"of_the_run": 11, "in_the_lake": 26, "in_the_totals": 26},
        {"taken": 11},
        {"apart": 1},
    ],
)
def test_a_vote_lost_or_counted_twice_anywhere_is_found(wrong: dict[str, int]) -> None:
    assert not replace(GOOD, **wrong).balanced


def test_a_vote_that_the_totals_have_in_another_round_than_the_lake_is_found() -> None:
    taken = {"kinoko": 3, "takenoko": 0}
    lake = {(1, "kinoko"): (4, 1, 6), (2, "kinoko"): (2, 2, 2)}
    right = {(1, "kinoko"): 4, (2, "kinoko"): 2}
    assert compared(taken, lake, right)["kinoko"] == Counts(3, 3, 6, 8, 6, 0)
    assert all_balanced(compared(taken, lake, right))
    moved = compared(taken, lake, {(1, "kinoko"): 5, (2, "kinoko"): 1})
    assert (moved["kinoko"].in_the_totals, moved["kinoko"].apart) == (6, 2)
    assert not all_balanced(moved)


def test_a_runs_votes_are_those_of_its_clients_clicked_in_its_time() -> None:
    sql = question(RECEIPT)
    first, last = sql.split("BETWEEN '")[1].split("'")[0], sql.split("AND '")[1].split("'")[0]
    assert first < str(uuid7(BEGUN, 0)) < str(uuid7(ENDED, 2**74 - 1)) <= last
    assert str(uuid7(BEGUN - 1, 2**74 - 1)) < first
    assert last < str(uuid7(ENDED + 1, 0))
    assert all(f"'{client}'" in sql for client in CLIENTS)


def test_what_is_no_receipt_or_another_stages_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "receipt.json"
    for content in (None, "{", "[]", "{}"):
        if content is not None:
            path.write_text(content)
        with pytest.raises(ConfigurationError, match=r"is not a receipt of python -m datastreamer\.sensor votes"):
            read_receipt(path, "local")
    path.write_text(json.dumps(RECEIPT))
    assert read_receipt(path, "local")["client_ids"] == CLIENTS
    with pytest.raises(ConfigurationError, match="is of stage local; name it: --stage local"):
        read_receipt(path, "staging")
