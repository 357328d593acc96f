"""What the page of the votes pipeline says exists: its alarms, and the codes that a vote is refused with."""

from __future__ import annotations

import re

from tests.conftest import REPOSITORY
from tests.terraform_text import blocks
from tests.votes_description import Description

PAGE = (REPOSITORY / "docs/pipelines/votes.md").read_text(encoding="utf-8")
MODULES = REPOSITORY / "terraform/modules"
PARTS = {
    "stream": ["kinesis_stream"],
    "firehose": ["firehose_delivery_stream"],
    "cast": ["lambda_function"],
    "aggregate": ["lambda_function", "event_source_mapping"],
    "publish": ["lambda_function"],
    "socket": ["lambda_function"],
    "api": ["rest_api"],
}


def first_cells(title: str) -> set[str]:
    """What is code in the first cell of each row of the table below a heading."""
    text = PAGE.split(f"\n### {title}\n")[1].split("\n#")[0]
    return {name for row in re.findall(r"^\|([^|]*)\|", text, re.MULTILINE) for name in re.findall(r"`([^`]+)`", row)}


def test_every_alarm_of_the_pipeline_is_explained() -> None:
    own = [alarm["alarm_name"] for _, alarm in blocks(REPOSITORY / "terraform/pipelines/votes/alarms.tf", "resource")]
    alarms = {name.replace("${local.publish_service}", "<votes>-publish") for name in own}
    assert alarms
    alarms |= {"<votes>-socket-api-errors"}
    for part, modules in PARTS.items():
        for module in modules:
            kinds = ("alarms",) if module != "firehose_delivery_stream" else ("alarms_of_all", "alarms_of_readers")
            values = [each for _, each in blocks(MODULES / module / "alarms.tf", "locals") if kinds[0] in each]
            names = [name for each in values for kind in kinds for name in each[kind]]
            assert names, module
            alarms |= {f"<votes>-{part}-{name}" for name in names}
            single = [each["alarm_name"] for _, each in blocks(MODULES / module / "alarms.tf", "resource")]
            alarms |= {name.replace("${var.name}", f"<votes>-{part}") for name in single if "each." not in name}
    assert first_cells("Alarms") == alarms
    assert f"{len(alarms)} alarms" in PAGE


def test_every_code_that_a_vote_is_refused_with_is_explained() -> None:
    assert first_cells("Codes") == {
        *Description().codes("400"),
        *(
            code
            for status in ("403", "409", "413", "415")
            for code in Description().codes(status)
            if code != "bad_request"
        ),
    }
